"""Corrected errors of the guide. Each row names a page, a text that it must have, and a text that it must not have."""

import re

import pytest
from django.test import Client

from apps.guide.models import Fact
from apps.guide.services.read import CONTENT_FOLDER
from tests.guide.reading import ReadPage

PYTHON = "/guide/variants/python/"
INSTRUCT = "/guide/variants/instruct/"

# Corrections that can come undone: where, what is said now, what was said before.
CORRECTED = {
    "context of Python 70B": ("/guide/context/", "θ is 10,000 for both and that 4,096 positions are right", "disputed"),
    "Python 70B is denied infilling": (PYTHON, "denies it to Python at every size", "no source says"),
    "Base 70B and infilling": ("/guide/variants/base/", "Meta’s prompt page no", "do not name it"),
    "data science is measured": (PYTHON, "5.9 points on DS-1000", "measured by nobody"),
    "MultiPL-E with Python": (PYTHON, "the averages are 46.7 and 46.4", "46.8"),
    "what Python is trained from": (PYTHON, "not the released Base trained further", "Base, trained on 100"),
    "refusals of 70B": ("/guide/pitfalls/", "when no system prompt was given", "the paper notes a few false refusals"),
    "lawsuits that end the licence": ("/guide/licence/", "against Meta or anyone else", "if you sue Meta"),
    "other languages than English": ("/guide/licence/", "out of scope", "the intended use"),
    "infilling ids": ("/guide/prompting/", "In the 32,016 entries of 7B and 13B", "in the larger one"),
    "results beyond 24,000 tokens": (
        "/guide/context/",
        "The paper has no such results beyond 24,000",
        "There are no such",
    ),
    "why Instruct 34B is low": (INSTRUCT, "being overly safe", "\0"),
    "truthfulness at all sizes": (INSTRUCT, "stay below Llama 2 Chat", "\0"),
    "version of the image": ("/guide/running/", "names 3.3.5", "\0"),
}

# Facts of single models: the attribute, the text, and whether the sources agree on it.
FACTS = {
    ("70b-python", "rope-theta"): ("10,000", "agreed"),
    ("70b-instruct", "max-positions"): ("4,096", "agreed"),
    ("70b-python", "infilling"): ("no", "agreed"),
    ("70b-base", "infilling"): ("yes, test it first", "conflict"),
    ("7b-python", "long-context-steps"): ("10,000", "unverified"),
    ("7b-base", "long-context-steps"): ("3,000", "agreed"),
    ("70b-python", "code-tokens"): ("1 trillion", "unverified"),
    ("70b-base", "code-mix"): ("The same data as the smaller sizes", "agreed"),
}

# No search is complete: the guide says what was looked at.
UNSEARCHED = re.compile(
    r"\bnobody (has|published|tested|measured)|\bmeasured by nobody|\bno source (says|tests|states|has|measures)|"
    r"published nowhere|\bno published (benchmark|source)|\bno (score|benchmark) (is|was) published|"
    r"every published score|\bnone? (score|key retrieval)s? (is|was|were) published|published for [^.]* alone",
    re.IGNORECASE,
)
# Comments of this file speak of logs.
ELSEWHERE = {"hardware.toml"}


@pytest.mark.parametrize(("url", "said", "before"), CORRECTED.values(), ids=CORRECTED)
def test_a_correction_stays(guide: None, client: Client, url: str, said: str, before: str) -> None:
    text = ReadPage(client.get(url).text).root.all("article")[0].text
    assert said in text
    assert before not in text


def test_corrected_facts_stay(guide: None) -> None:
    facts = Fact.objects.select_related("model", "attribute")
    found = {(fact.model.slug, fact.attribute.slug): (fact.text, fact.status) for fact in facts}
    assert {where: found[where] for where in FACTS} == FACTS


def test_nothing_is_denied_that_was_not_searched_for() -> None:
    assert UNSEARCHED.search("plausible, and measured by nobody"), "the pattern must find what it is for"
    texts = {
        path: path.read_text(encoding="utf-8")
        for path in CONTENT_FOLDER.rglob("*")
        if path.suffix in {".md", ".toml"} and not ELSEWHERE & {path.name, path.parent.name}
    }
    assert len(texts) > 60
    assert {path.name: found[0] for path, text in texts.items() if (found := UNSEARCHED.search(text))} == {}
