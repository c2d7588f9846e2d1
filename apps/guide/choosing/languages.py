"""The programming languages that the chooser tells apart: those with published scores, and all others."""

PYTHON, SEVERAL, ANOTHER = "python", "mixed", "other"
# MultiPL-E's languages, named as in the guide's benchmarks.
MEASURED = {
    "cpp": "C++",
    "java": "Java",
    "php": "PHP",
    "typescript": "TypeScript",
    "csharp": "C#",
    "bash": "Bash",
}
# Other spellings by people and scripts. The paper heads the column of TypeScript with JavaScript as well.
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
    """Return the answer for a language, ``None`` for an unknown language."""
    name = raw.lower()
    if name in (PYTHON, SEVERAL, ANOTHER, *MEASURED):
        return name
    return ANOTHER if name in OTHERS.split() else SPELLINGS.get(name)
