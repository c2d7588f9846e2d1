"""The shipped content: every claim that was asked for is there, and everything says where it comes from."""

import re

from apps.guide.models import Cell, Kind, Source
from tests.guide.reading import ReadPage

COMPARISON = "compare"

# What the requested text says (in its order), the section where the guide says it, and a phrase of ours. Where the
# request is wrong or says too much, the phrase is from the correction.
CLAIMS = [
    ("a family, not a single model", "overview", "not one model but a family"),
    ("open source", "overview", "That is often called “open source”; it is not"),
    ("fine-tuned from Llama", "overview", "start from the weights of Llama 2 and were then trained further"),
    ("all variants share the architecture", "overview", "variants share their design, with three differences"),
    ("Base: completion and infilling", COMPARISON, "Code completion, and infilling at some sizes"),
    ("Base: IDE autocompletion", COMPARISON, "Autocompletion in an editor, fill-in-the-middle"),
    ("Base: raw code context", COMPARISON, "Raw code, ending where the answer is the natural continuation"),
    ("Base: general code understanding", COMPARISON, "General understanding of code in many languages"),
    ("Python: Python code generation", COMPARISON, "Generating Python code"),
    ("Python: Python-heavy, data science", COMPARISON, "Python-heavy projects and data science scripts"),
    ("Python: raw Python context", COMPARISON, "Raw Python code"),
    ("Python: highest accuracy", COMPARISON, "Not the highest everywhere: Instruct 70B leads HumanEval"),
    ("Instruct: instruction following", COMPARISON, "Following instructions in conversation"),
    ("Instruct: chatbots, debugging, prompts", COMPARISON, "Chatbots, debugging assistants, code from a description"),
    ("Instruct: natural language", COMPARISON, "Questions and requests in plain language"),
    ("Instruct: superior intent", COMPARISON, "“Superior” intent is not measured between variants"),
    ("Instruct also infills", COMPARISON, "7B and 13B also infill"),
    ("Base: foundation, many languages", "base", "large body of code in many languages"),
    ("Base: real-time suggestions", "base", "suggestions as you type and for finishing functions"),
    ("Base: 34B cannot infill", "base", "34B was trained without infilling"),
    ("Base: own completion tools", "base", "completion tools of your own"),
    ("Base: fine-tuning", "base", "fine-tuning on your own codebase"),
    ("Python: massive dataset", "python", "100 billion tokens of which 75 % are Python"),
    ("Python: above Base on HumanEval", "python", "4.9, 7.3, 4.9 and 4.3 points at 7B, 13B, 34B and 70B"),
    ("Python: most capable", "python", "holds for left-to-right generation up to 34B, not for every kind"),
    ("Python: data science, Django, Flask", "python", "plausible, but nobody has measured it"),
    ("Instruct: answers, explains, generates", "instruct", "a question, a piece of code to explain, or code from a"),
    ("Instruct: the example", "instruct", "takes a URL and returns a list of all links on the page"),
    ("Instruct: use cases", "instruct", "assistants that developers talk to, help with debugging, and tools"),
    ("choose Base in the editor", "choosing", "reacts to code and not to commands"),
    ("choose Python for Python", "choosing", "Only Python, from left to right? Python 7B, 13B or 34B"),
    ("choose Instruct for conversation", "choosing", "coding copilot that you talk to, a documentation generator"),
    ("100,000 tokens", "context", "true of ten of the twelve models"),
    ("100,000 tokens: trained length", "context", "Base 7B, 13B, 34B, 70B 16,384 100,000"),
    ("100,000 tokens: the exceptions", "context", "Python 70B, Instruct 70B 4,096 none 4,096"),
    ("entire or multiple files", "context", "Several files at once are possible"),
    ("four sizes", "sizes", "four sizes: 7B, 13B, 34B and 70B"),
    ("performance against hardware", "sizes", "Larger ones solve more and need more"),
    ("permissive licence", "licence", "often called permissive"),
    ("research and commercial use", "licence", "Research and commercial use are both allowed"),
    ("self-hostable alternative", "licence", "a real alternative to hosted coding assistants"),
]


def test_every_requested_claim_is_found(page: ReadPage) -> None:
    missing = [claim for claim, anchor, phrase in CLAIMS if phrase not in page.section(anchor).text]
    assert missing == []


# The claims that the fact sheet judges one by one: what the guide says of each, and where.
JUDGED = {
    "S1 open source": ("overview", "it is not"),
    "S2 fine-tuned from Llama": ("overview", "start from the weights of Llama 2 and were then trained further"),
    "S3 one architecture": ("overview", "variants share their design, with three differences"),
    "S4 Base infills": (COMPARISON, "34B completes but does not infill"),
    "S5 Instruct only chats": (COMPARISON, "7B and 13B also infill"),
    "S6 raw code context": (COMPARISON, "Raw code, ending where the answer is the natural continuation"),
    "S7 highest accuracy on Python": (
        COMPARISON,
        "Instruct 70B leads HumanEval, Instruct 13B and 34B lead Python on MBPP",
    ),
    "S8 above Base on HumanEval": ("python", "4.9, 7.3, 4.9 and 4.3 points at 7B, 13B, 34B and 70B"),
    "S9 most capable": ("python", "holds for left-to-right generation up to 34B, not for every kind"),
    "S10 data science, Django, Flask": (COMPARISON, "no source tests data science, Django or Flask"),
    "S11 massive dataset": ("python", "100 billion tokens of which 75 % are Python"),
    "S12 superior at intent": (COMPARISON, "“Superior” intent is not measured between variants"),
    "S13 debugging, explaining": (COMPARISON, "neither explaining nor debugging was benchmarked"),
    "S14 Python for Python": ("choosing", "Only Python, from left to right? Python 7B, 13B or 34B"),
    "S15 100,000 tokens": ("context", "true of ten of the twelve models"),
    "S16 files as context": ("context", "Several files at once are possible"),
    "S17 sizes": ("sizes", "four sizes: 7B, 13B, 34B and 70B"),
    "S18 permissive licence": ("licence", "often called permissive"),
    "S19 self-hostable": ("licence", "a real alternative to hosted coding assistants"),
}


def test_every_judged_claim_has_its_place(page: ReadPage) -> None:
    assert len(JUDGED) == 19
    missing = [claim for claim, (anchor, phrase) in JUDGED.items() if phrase not in page.section(anchor).text]
    assert missing == []


def test_every_cell_has_a_source_or_is_our_own_judgement(guide: None) -> None:
    cells = Cell.objects.prefetch_related("citations")
    assert len(cells) == 21
    assert [cell for cell in cells if not cell.citations.all() and cell.kind != Kind.JUDGEMENT] == []


def test_every_source_has_a_url_and_dates(guide: None) -> None:
    sources = Source.objects.all()
    assert len(sources) >= 25
    assert all(source.url.startswith("https://") and source.checked_on for source in sources)
    # Documentation and discussions that publish no date, and the page says so.
    assert {"prompt-docs", "hf-70b"} <= {source.key for source in sources if not source.published_on}


def test_every_citation_leads_to_a_source_on_the_page(page: ReadPage) -> None:
    links = [link.attributes["href"] for link in page.root.all("a", "cite")]
    assert len(links) > 50
    assert {link.removeprefix("#") for link in links} <= set(page.ids)


def test_no_source_is_listed_that_nothing_cites(page: ReadPage) -> None:
    cited = {link.attributes["href"] for link in page.root.all("a", "cite")}
    listed = {f"#{item.attributes['id']}" for item in page.root.all("ol", "sources")[0].all("li")}
    assert listed == cited


def test_sources_show_publisher_and_dates(page: ReadPage) -> None:
    listed = {item.attributes["id"]: item for item in page.root.all("ol", "sources")[0].all("li")}
    paper = listed["source-paper"]
    assert "Meta AI, on arXiv, 31 January 2024 ; checked 22 November 2026" in paper.text
    assert paper.all("a")[0].attributes["href"] == "https://arxiv.org/abs/2308.12950v3"
    assert "no date given" in listed["source-hf-70b"].text


def test_no_citation_is_left_as_text(page: ReadPage) -> None:
    assert "[1, §2.1" in re.sub(r"\s*Source\s+", "", page.section("overview").text).replace("[ ", "[")
    assert "[@" not in page.text
