r"""People see the formatting that the model meant, also where CommonMark or GFM say otherwise.

Models write such texts. The streamed reply ends in the same bytes (``test_streaming_markdown.py``).
"""

import time

import pytest

from apps.chat.markdown.renderer import render_markdown
from tests.support.markup import Markup


def text_of(markdown: str) -> str:
    return Markup(render_markdown(markdown)).text.strip()


@pytest.mark.parametrize(
    "text",
    [
        r"The file C:\Users\ann\.config\app.json holds it.",
        r"D:\_work\-old\(copy)\[1]\{x}\#tmp\!x\$Recycle.Bin\~x",
        r"In C:\Program Files\.config\*.json and My Projects\.venv\_x.",
        r"C:\Temp\*.log and D:\src\**\*.py",
        r"\\server\share\_hidden\.git",
        r".\_build\.cache, ..\_site and %APPDATA%\_x and ~\.ssh\config",
        r"src\__init__.py beside tests\__init__.py",
        r"HKEY_LOCAL_MACHINE\SOFTWARE\.NET\_x",
        r"It matches \d+\.\d+ and ^\w\*$ and \(a\)\s\[b\].",
        r"As \(x_1^2\) or \[ a = b \], \{ and \}.",
        r"Say \"hello\" and it\'s 5\% of \@all.",
        r"An escape \\n stays two, like C:\\Users\\ann\\.config.",
        r"见路径C:\用户\.config\_x。",
    ],
)
def test_backslash_that_escapes_nothing_stays(text: str) -> None:
    assert text_of(text) == text
    assert Markup(render_markdown(text)).tags == ["p"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"\*not bold\* and \_not italic\_", "*not bold* and _not italic_"),
        (r"my\_var\_name", "my_var_name"),
        (r"\`code\`", "`code`"),
        (r"\[words\](x)", "[words](x)"),
        (r"\!\[words](x)", "![words](x)"),
        ("1\\. one", "1. one"),
        ("\\- one", "- one"),
        ("\\# one, C\\#", "# one, C#"),
        (r"\<div\>", "<div>"),
        (r"\$5 and \~6", "$5 and ~6"),
        (r"a \\ b", "a \\ b"),
        (r"\&lt;", "&lt;"),
        (r"\[1\] and \[x\]", "[1] and [x]"),
    ],
)
def test_escape_that_is_meant_is_one(text: str, shown: str) -> None:
    assert text_of(text) == shown


def test_backslash_at_the_end_of_a_line() -> None:
    assert render_markdown("one\\\ntwo") == "<p>one<br>\ntwo</p>\n"
    assert text_of("docker run \\\n  image") == "docker run \\\nimage"
    assert text_of("In C:\\Temp\\\nit is") == "In C:\\Temp\\\nit is"


def test_path_in_a_link_is_as_written() -> None:
    shown = Markup(render_markdown(r"[see C:\a\.b and my\_name](https://site.example)"))
    assert shown.text == "see C:\\a\\.b and my_name\n"


@pytest.mark.parametrize("text", [r"**C:\Users\ann**", r"**C:\Temp\**", r"**C:\a\_b\.c**, said", r"**\d+\.\d+**: a"])
def test_path_in_bold_is_bold(text: str) -> None:
    html = render_markdown(text)
    assert text.split("**")[1] in Markup(html).text
    assert html.startswith("<p><strong>")


def cells(markdown: str) -> list[str]:
    _, _, body = render_markdown(markdown).partition("<tbody>")
    return [Markup(f"<td{cell}").text.strip() for cell in body.split("<td")[1:]]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("| `int | None` means optional | yes |", ["int | None means optional", "yes"]),
        ("| `a || b` | `c | d` and `e` |", ["a || b", "c | d and e"]),
        ("`str | bytes` | text", ["str | bytes", "text"]),
        ("| ``x | `y` `` | z |", ["x | `y`", "z"]),
        ("| `a \\| b` | c \\| d |", ["a | b", "c | d"]),
        ("| the ` key | the ` key |", ["the ` key", "the ` key"]),
        ("| \\`a | b\\` |", ["`a", "b`"]),
        ("| `a | b |", ["`a", "b"]),
        ("| a | b | and c |", ["a", "b | and c"]),
        ("| a |", ["a", ""]),
    ],
)
def test_pipe_in_code_ends_no_cell_and_no_cell_is_lost(row: str, expected: list[str]) -> None:
    assert cells(f"| type | meaning |\n|---|---|\n{row}\n") == expected
    assert cells(f"> | type | meaning |\n> |---|---|\n> {row}\n") == expected


def test_head_with_a_pipe_in_code() -> None:
    html = render_markdown("| `a | b` | c |\n|---|---|\n| 1 | 2 |")
    assert "<th><code>a | b</code></th>" in html


@pytest.mark.parametrize("line_break", ["<br>", "<br/>", "<br />", "<BR>"])
def test_break_in_a_cell_is_a_line_break(line_break: str) -> None:
    html = render_markdown(f"| a |\n|---|\n| one{line_break}two {line_break} three |\n| `{line_break}` |")
    assert Markup(html).tags.count("br") == 2
    assert Markup(html).text.count(line_break) == 1


def test_break_elsewhere() -> None:
    assert Markup(render_markdown("- one<br>two")).tags.count("br") == 1
    assert text_of("The <br> tag") == "The <br> tag"
    assert text_of("| a |\n|---|\n| <br onclick=x> |").endswith("<br onclick=x>")


@pytest.mark.parametrize(
    ("text", "bold"),
    [
        ("**Note:**text", "Note:"),
        ("**Step 1.**Do it", "Step 1."),
        ("**(optional)**the rest", "(optional)"),
        ('say**"this"**now', '"this"'),
        ("**`code`**text", "code"),
        ("**注意：**请使用", "注意："),
        ("这是**「重点」**内容", "「重点」"),
        ("**重要。**次に", "重要。"),
        ("이것은**‘강조’**입니다", "‘강조’"),
        ("__Note:__text", "Note:"),
    ],
)
def test_bold_beside_marks(text: str, bold: str) -> None:
    html = render_markdown(text)
    assert Markup(html.partition("<strong>")[2].partition("</strong>")[0]).text == bold
    assert "**" not in html


def test_other_emphasis_beside_marks() -> None:
    assert "<em>「重点」</em>" in render_markdown("这是*「重点」*内容")
    assert "<s>old.</s>" in render_markdown("~~old.~~new")


@pytest.mark.parametrize(
    "text", ["x**2 + y**2", "2 * 3 * 4", "2*3*4", "f(**a) and g(**b)", "a ** b ** c", "def f(*, a, **k)", "COUNT(*)*2"]
)
def test_operators_are_no_emphasis(text: str) -> None:
    assert render_markdown(text) == f"<p>{text}</p>\n"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see https://docs.python.org/3/.", "https://docs.python.org/3/"),
        ("(see https://en.site.example/wiki/A_(b))", "https://en.site.example/wiki/A_(b)"),
        ("**https://site.example/a**, then", "https://site.example/a"),
        ("http://localhost:8000/?a=b#c!", "http://localhost:8000/?a=b#c"),
        ("详见https://site.example/a。", "https://site.example/a"),
        ('"https://site.example/a"', "https://site.example/a"),
        ("Source:https://site.example/a?", "https://site.example/a"),
        ("see https://site.example/a/: it", "https://site.example/a/"),
        ("**Docs: https://site.example/a:** it", "https://site.example/a"),
        ("https://site.example/a?! Yes", "https://site.example/a"),
        ("https://site.example/a—the guide", "https://site.example/a"),
        ("| a |\n|---|\n| https://site.example/a |", "https://site.example/a"),
    ],
)
def test_bare_address_is_a_link_without_the_end_of_its_sentence(text: str, address: str) -> None:
    html = render_markdown(text)
    assert Markup(html).links == [address]
    assert f">{address}</a>" in html
    assert 'rel="noopener noreferrer nofollow"' in html


def test_bare_name_of_a_site_is_a_link() -> None:
    assert Markup(render_markdown("on www.python.org.")).links == ["http://www.python.org"]


@pytest.mark.parametrize(
    "text",
    [
        "`https://site.example`",
        "main.py, README.md and install.sh",
        "git@github.com:a/b.git",
        "ftp://site.example",
        "javascript://site.example/%0aalert(1)",
        "https:// and http://.",
        "blob:https://site.example/1",
    ],
)
def test_other_names_are_no_links(text: str) -> None:
    assert Markup(render_markdown(text)).links == []


def test_address_within_a_link_is_the_links() -> None:
    assert Markup(render_markdown("[https://a.example](https://b.example)")).links == ["https://b.example"]


@pytest.mark.parametrize(
    "piece",
    [
        "\\",
        "\\.",
        "C:\\a\\.",
        "\\_",
        "http://",
        "a://",
        "https://x.example ",
        "www.",
        "`|",
        "**:",
        "<br>",
        "\\\\",
        "[\\[",
    ],
)
@pytest.mark.parametrize("frame", ["{}", "| a |\n|---|\n| {} |"])
def test_time_grows_no_faster_than_the_text(piece: str, frame: str) -> None:
    """A quadratic rule takes 16 times as long for four times the text."""

    def seconds(count: int) -> float:
        started = time.process_time()
        render_markdown(frame.format(piece * count))
        return time.process_time() - started

    short = min(seconds(2_500) for _ in range(2))
    assert any(seconds(10_000) < 9 * short + 0.5 for _ in range(2))
