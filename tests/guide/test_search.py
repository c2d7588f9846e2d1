"""Search: what the guide says is found by its words, at its place, whatever is typed."""

import re
from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from apps.accounts.models import User
from apps.guide.models import (
    Attribute,
    Benchmark,
    CodeModel,
    Feature,
    FromFile,
    Gpu,
    Page,
    Passage,
    Section,
    Source,
    Term,
    Word,
)
from apps.guide.search.find import best_passages, search
from apps.guide.search.index import rebuild_index
from tests.guide.reading import ReadPage

NONSENSE = [
    "",
    " ",
    "\0",
    "a\0b",
    "x" * 1000,
    "word " * 200,
    "& | ! <-> :*",
    "'); DROP TABLE guide_passage; --",
    "' \\",
    '"unclosed',
    "the",
    "_",
    "🦙",
    "ß ﬁ İ",
    "<script>alert(1)</script>",
    "\x04llama\x05",
    "%s {{ q }}",
]


def test_the_index_has_everything_that_can_be_found(guide: None) -> None:
    kinds = list(Passage.objects.values_list("kind", flat=True))
    counted: list[type[FromFile]] = [Page, Section, Feature, CodeModel, Attribute, Benchmark, Gpu, Term, Source]
    assert {kind: kinds.count(kind) for kind in Passage.Kind.values} == {
        kind: model.rows().count() for kind, model in zip(Passage.Kind.values, counted, strict=True)
    }


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("rope theta", "RoPE"),
        ("suffix first", "SPM"),
        ("vocabulary", "Vocabulary"),
        ("quantiz", "Quanti"),
        ("humaneval infilling", "HumanEval"),
        ("L40S", "L40S"),
        ("67.8", "67.8"),
        ("16384", "16,384"),
        ("6738546688", "6,738,546,688"),
        ("6,738,546,688", "6,738,546,688"),
        ("RLHF", "RLHF"),
        ("superior", "“Superior”"),
        ("1e-5", "1e-5"),
        ("v3", "version 3"),
        ("29 January 2024", "29 January 2024"),
        ("2024-01-29", "29 January 2024"),
        ("C++", "C++"),
        ("2308.12950", "Code Llama: Open Foundation Models for Code"),
    ],
)
def test_what_is_asked_for_is_among_the_first(guide: None, asked: str, first: str) -> None:
    found = search(asked).results[:4]
    texts = [re.sub("</?mark>", "", f"{result.title} {result.snippet}") for result in found]
    assert any(first.lower() in text.lower() for text in texts)


def test_words_are_found_in_other_forms_and_half_typed(guide: None) -> None:
    whole = {result.url for result in search("quantization").results}
    assert whole
    assert whole & {result.url for result in search("quantizi").results}
    assert whole & {result.url for result in search("quant").results}


TYPOGRAPHY = "“quokka” runs—numbat waits…wombat x→platypus, a café, C++11 and C#; 模型的量化方法 за привет"


BESIDE = ["quokka", "numbat", "wombat", "platypus", "cafe", "CAFÉ", "c#", "量化", "привет", "runs numbat", "plat"]


def test_words_beside_typographic_characters_are_found(guide: None) -> None:
    def finds(asked: str) -> bool:
        found = search(asked)
        marked = (result.url for result in found.results if "<mark>" in result.snippet)
        return found.has_all and "/guide/licence/#permissive" in marked

    listed = [result.url for asked in BESIDE for result in search(asked).results]
    assert "/guide/licence/#permissive" not in listed
    Section.objects.filter(slug="permissive").update(body=TYPOGRAPHY)
    rebuild_index()
    assert [asked for asked in BESIDE if not finds(asked)] == []


def test_characters_in_another_order_are_not_found(guide: None) -> None:
    Section.objects.filter(slug="permissive").update(body=TYPOGRAPHY)
    rebuild_index()
    assert [result.url for result in search("化量").results] == []


def test_words_that_were_found_are_marked_and_nothing_else_is_markup(guide: None) -> None:
    Section.objects.filter(slug="permissive").update(body="A llamaword in <b>bold</b> & \x04 more.")
    rebuild_index()
    (result,) = search("llamaword").results
    assert "<mark>llamaword</mark> in &lt;b&gt;bold&lt;/b&gt; &amp;" in result.snippet
    assert result.snippet.count("<mark>") == result.snippet.count("</mark>")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("quantisation", "quantization"),
        ("instrcut", "instruct"),
        ("humanevel", "humaneval"),
        ("tokenzier", "tokenizer"),
    ],
)
def test_who_mistypes_gets_what_was_meant(guide: None, typed: str, meant: str) -> None:
    assert Word.objects.filter(word=meant).exists()
    assert not Word.objects.filter(word=typed).exists(), "a word of the guide is not mistyped"
    found = search(typed)
    assert (found.instead, found.is_instead) == (meant, True)
    assert found.results


def test_where_no_passage_has_all_words_those_with_some_are_shown(guide: None) -> None:
    found = search("vocabulary xqzwvk")
    assert found.results
    assert not found.has_all


@pytest.mark.parametrize("asked", NONSENSE)
def test_anything_can_be_asked(guide: None, client: Client, asked: str) -> None:
    response = client.get("/guide/search/", {"q": asked})
    assert response.status_code == HTTPStatus.OK
    assert "<script>alert" not in response.text
    assert ReadPage(response.text).root.all("main")


def test_the_page_shows_results_without_javascript_and_answers_304(guide: None, client: Client) -> None:
    response = client.get("/guide/search/?q=licence")
    page = ReadPage(response.text)
    links = [link.attributes["href"] for link in page.root.all("ol", "search-results__list")[0].all("a")]
    assert any(link.startswith("/guide/licence/") for link in links)
    assert page.ids.count("search-results") == 1
    again = client.get("/guide/search/?q=licence", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == HTTPStatus.NOT_MODIFIED


def test_every_page_of_the_guide_has_the_form(guide: None, client: Client) -> None:
    page = ReadPage(client.get("/guide/pitfalls/").text)
    assert [form.attributes["action"] for form in page.root.all("form", "guide__search")] == ["/guide/search/"]


@pytest.mark.parametrize("asked", ["licence", "the model", "quantisation", "vocabulary xqzwvk", "xqzwvk", ""])
def test_a_search_takes_few_queries(
    anew: None, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, asked: str
) -> None:
    with django_assert_max_num_queries(4):
        client.get("/guide/search/", {"q": asked})


def test_an_edit_in_the_admin_is_found_at_once(
    guide: None, client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client.force_login(User.objects.create_superuser("staff"))
    term = Term.objects.first()
    assert term
    url = f"/admin/guide/term/{term.pk}/change/"
    form = ReadPage(client.get(url).text)
    sent = {
        found.attributes["name"]: found.attributes.get("value", "")
        for found in form.root.all("input")
        if found.attributes.get("type") == "hidden" and "_FORMS" in found.attributes.get("name", "")
    }
    total = next(name for name in sent if name.endswith("TOTAL_FORMS"))
    sent |= {total: "0", total.replace("TOTAL", "INITIAL"): "0"}
    assert not search("zyzzyva").results
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(url, {**sent, "term": term.term, "definition": "A zyzzyva.", "see_also": ""})
    assert answer.status_code == HTTPStatus.FOUND, answer.content
    assert [result.url for result in search("zyzzyva").results] == [f"/guide/glossary/#{term.slug}"]


def test_tokens_in_angles_are_found_and_shown(guide: None) -> None:
    snippets = [result.snippet for result in search("<FILL_ME>").results]
    assert any("&lt;<mark>FILL</mark>_ME&gt;" in snippet for snippet in snippets)


def test_the_best_passages_answer_a_question(guide: None) -> None:
    titles = " ".join(f"{passage.title} {passage.body}" for passage in best_passages("Can 34B fill in code?", most=5))
    assert "34B" in titles
    assert "nfill" in titles
    assert best_passages("?!", most=5) == []
