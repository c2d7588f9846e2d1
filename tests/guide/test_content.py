"""The shipped content: every claim that was asked for is there, and everything says where it comes from."""

from django.test import Client

from apps.guide.models import Cell, Source, StatementKind
from tests.guide.reading import ReadPage

OVERVIEW = "/guide/"
BASE = "/guide/variants/base/"
PYTHON = "/guide/variants/python/"
INSTRUCT = "/guide/variants/instruct/"
CONTEXT = "/guide/context/"
LICENCE = "/guide/licence/"

# Claims of the requested text (in its order), the page where the guide says it, and a phrase of ours. Where the
# request is wrong or says too much, the phrase is from the correction.
CLAIMS = [
    ("a family, not a single model", OVERVIEW, "not one model but a family"),
    ("open source", LICENCE, "the family is often called open source"),
    ("fine-tuned from Llama", OVERVIEW, "start from the weights of Llama 2 and were trained further"),
    ("all variants share the architecture", OVERVIEW, "share their design and differ in their training"),
    ("Base: completion and infilling", OVERVIEW, "Code completion, and infilling at some sizes"),
    ("Base: IDE autocompletion", OVERVIEW, "Autocompletion in an editor, fill-in-the-middle"),
    ("Base: raw code context", OVERVIEW, "Raw code, ending where the answer is the natural continuation"),
    ("Base: general code understanding", OVERVIEW, "General understanding of code in many languages"),
    ("Python: Python code generation", OVERVIEW, "Generating Python code"),
    ("Python: Python-heavy, data science", OVERVIEW, "Python-heavy projects and data science scripts"),
    ("Python: raw Python context", OVERVIEW, "Raw Python code"),
    ("Python: highest accuracy", OVERVIEW, "Not the highest everywhere: Instruct 70B leads HumanEval"),
    ("Instruct: instruction following", OVERVIEW, "Following instructions in conversation"),
    ("Instruct: chatbots, debugging, prompts", OVERVIEW, "Chatbots, debugging assistants, code from a description"),
    ("Instruct: natural language", OVERVIEW, "Questions and requests in plain language"),
    ("Instruct: superior intent", OVERVIEW, "“Superior” intent is not measured between variants"),
    ("Instruct also infills", OVERVIEW, "7B and 13B also infill"),
    ("Base: foundation, many languages", BASE, "large body of code in many languages"),
    ("Base: real-time suggestions", BASE, "suggestions as you type and for finishing functions"),
    ("Base: 34B cannot infill", BASE, "34B was trained without infilling"),
    ("Base: own completion tools", BASE, "Completion tools of your own"),
    ("Base: fine-tuning", BASE, "Fine-tuning on your own codebase"),
    ("Python: massive dataset", PYTHON, "100 billion further tokens, 75 % of them Python"),
    ("Python: above Base on HumanEval", PYTHON, "HumanEval +4.9 +7.3 +4.9 +4.3"),
    ("Python: most capable", PYTHON, "“the most capable choice for Python” not of every kind of work"),
    ("Python: data science, Django, Flask", PYTHON, "Data science, machine learning, web development with Django"),
    ("Instruct: answers, explains, generates", INSTRUCT, "a question, an explanation of a block of code, or code from"),
    ("Instruct: the example", INSTRUCT, "takes a URL and returns a list of all links on the page"),
    ("Instruct: use cases", INSTRUCT, "chatbots, a coding copilot, help with debugging"),
    ("choose Base in the editor", OVERVIEW, "reacts to code and not to commands, take Base"),
    ("choose Python for Python", OVERVIEW, "projects that are mostly Python, written from left to right, take Python"),
    ("choose Instruct for conversation", OVERVIEW, "a coding copilot, a documentation generator or a script writer"),
    ("100,000 tokens", OVERVIEW, "ten of the twelve are claimed to read 100,000 tokens"),
    ("100,000 tokens: trained length", CONTEXT, "stretched most of them to sequences of 16,384 tokens"),
    ("100,000 tokens: the exceptions", CONTEXT, "except for Python 70B and Instruct 70B"),
    ("entire or multiple files", CONTEXT, "several files"),
    ("four sizes", OVERVIEW, "four sizes, 7B, 13B, 34B and 70B"),
    ("performance against hardware", OVERVIEW, "Larger ones solve more and need more"),
    ("permissive licence", LICENCE, "calls the licence permissive"),
    ("research and commercial use", LICENCE, "allows research and commercial use"),
    ("self-hostable alternative", LICENCE, "a real alternative to hosted coding assistants"),
]


def missing(client: Client, claims: list[tuple[str, str, str]]) -> list[str]:
    """The claims whose phrase is not on their page."""
    texts = {url: ReadPage(client.get(url).text).text for url in {url for _, url, _ in claims}}
    return [claim for claim, url, phrase in claims if phrase not in texts[url]]


def test_every_requested_claim_is_found(guide: None, client: Client) -> None:
    assert missing(client, [("nothing", OVERVIEW, "a phrase that is nowhere")]) == ["nothing"]
    assert missing(client, CLAIMS) == []


# The claims that the fact sheet judges one by one: what the guide says of each, and where.
JUDGED = [
    ("S1 open source", LICENCE, "Not open source as the Open Source Initiative defines it"),
    ("S2 fine-tuned from Llama", OVERVIEW, "start from the weights of Llama 2 and were trained further"),
    ("S3 one architecture", OVERVIEW, "share their design and differ in their training"),
    ("S4 Base infills", OVERVIEW, "34B completes but does not infill"),
    ("S5 Instruct only chats", OVERVIEW, "7B and 13B also infill"),
    ("S6 raw code context", OVERVIEW, "Raw code, ending where the answer is the natural continuation"),
    ("S7 highest accuracy", OVERVIEW, "Instruct 70B leads HumanEval, Instruct 13B and 34B lead Python on MBPP"),
    ("S8 above Base on HumanEval", PYTHON, "HumanEval +4.9 +7.3 +4.9 +4.3"),
    ("S9 most capable", PYTHON, "“the most capable choice for Python” not of every kind of work"),
    ("S10 data science, Django, Flask", OVERVIEW, "it tests neither data science nor Django or Flask"),
    ("S11 massive dataset", PYTHON, "100 billion further tokens, 75 % of them Python"),
    ("S12 superior at intent", OVERVIEW, "“Superior” intent is not measured between variants"),
    ("S13 debugging, explaining", OVERVIEW, "scores neither explaining nor debugging"),
    ("S14 Python for Python", OVERVIEW, "projects that are mostly Python, written from left to right, take Python"),
    ("S15 100,000 tokens", CONTEXT, "wrong for two of the twelve models"),
    ("S16 files as context", CONTEXT, "several files"),
    ("S17 sizes", OVERVIEW, "four sizes, 7B, 13B, 34B and 70B"),
    ("S18 permissive licence", LICENCE, "calls the licence permissive"),
    ("S19 self-hostable", LICENCE, "a real alternative to hosted coding assistants"),
]


def test_every_judged_claim_has_its_place(guide: None, client: Client) -> None:
    assert len(JUDGED) == 19
    assert missing(client, JUDGED) == []


def test_every_cell_has_a_source_or_is_our_own_judgement(guide: None) -> None:
    cells = Cell.objects.prefetch_related("citations")
    assert len(cells) == 21
    assert [cell for cell in cells if not cell.citations.all() and cell.kind != StatementKind.JUDGEMENT] == []


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
    assert "no date given" in listed["source-prompt-docs"].text


def test_no_citation_is_left_as_text(page: ReadPage) -> None:
    assert "[ Source 1, §2.1 ; Source 7 ]" in page.section("python").text
    assert "[@" not in page.text
