"""The programming languages that the chooser tells apart: those with published scores, and all others."""

PYTHON, SEVERAL, ANOTHER = "python", "mixed", "other"
# Those of MultiPL-E, as its benchmarks in the guide name them.
MEASURED = {
    "cpp": "C++",
    "java": "Java",
    "php": "PHP",
    "typescript": "TypeScript",
    "csharp": "C#",
    "bash": "Bash",
}
# How people and scripts write them, too. The paper heads the column of TypeScript with JavaScript as well.
SPELLINGS = {
    "any": SEVERAL,
    "several": SEVERAL,
    "multiple": SEVERAL,
    "py": PYTHON,
    "python3": PYTHON,
    "c++": "cpp",
    "ts": "typescript",
    "javascript": "typescript",
    "js": "typescript",
    "c#": "csharp",
    "cs": "csharp",
    "sh": "bash",
    "shell": "bash",
}
OTHERS = """
    assembly c clojure cobol css dart elixir erlang f# fortran go golang groovy haskell html julia kotlin lisp lua
    matlab objective-c ocaml pascal perl powershell prolog r ruby rust scala sql swift verilog vhdl zig
"""


def read_language(raw: str) -> str | None:
    """Return the answer that a language stands for, ``None`` for what is none that we know."""
    name = raw.lower()
    if name in (PYTHON, SEVERAL, ANOTHER, *MEASURED):
        return name
    return ANOTHER if name in OTHERS.split() else SPELLINGS.get(name)
