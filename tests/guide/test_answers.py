"""Questions of people, and the guide's answers: found by search and navigation, with sources, and short."""

import re

import pytest
from django.test import Client

from apps.guide.models import Page, Section
from apps.guide.navigation import GROUPS
from apps.guide.prose import find_citations, plain_prose
from apps.guide.search.find import search

ANSWERS = ("quantization", "local", "fine-tuning", "alternatives", "responsible-use", "questions")
LONGEST = 650

# Queries, and the page that must be among the first results.
ASKED = {
    "which quantization": "/guide/quantization/",
    "Q4_K_M": "/guide/local/",
    "gguf mac": "/guide/local/",
    "ollama": "/guide/local/#run",
    "apple": "/guide/local/#apple-and-cpu",
    "llama.cpp cpu": "/guide/local/",
    "lora memory": "/guide/fine-tuning/#memory",
    "QLoRA": "/guide/fine-tuning/#memory",
    "fine-tuning infilling data": "/guide/fine-tuning/#infilling-data",
    "Qwen2.5-Coder": "/guide/alternatives/",
    "StarCoder2": "/guide/alternatives/",
    "DeepSeek-Coder": "/guide/alternatives/",
    "responsible use guide": "/guide/responsible-use/",
    "insecure code": "/guide/responsible-use/#insecure-code",
    "knowledge cut-off": "/guide/questions/#cut-off",
    "Haskell": "/guide/questions/#languages",
    "reproduce HumanEval": "/guide/questions/#humaneval",
    "tokens a second": "/guide/questions/#speed",
    "vLLM SGLang MLX": "/guide/questions/#servers",
    "overly safe": "/guide/",
    "refuses": "/guide/pitfalls/#refusals",
}


@pytest.mark.parametrize(("asked", "url"), ASKED.items())
def test_the_answer_is_among_the_first_results(guide: None, asked: str, url: str) -> None:
    urls = [result.url for result in search(asked).results[:5]]
    assert any(found.startswith(url) for found in urls), urls


def test_every_answer_is_in_the_navigation() -> None:
    listed = {entry.slug for group in GROUPS for entry in group.entries}
    assert set(ANSWERS) <= listed


@pytest.mark.parametrize("slug", ANSWERS)
def test_an_answer_is_short_and_says_where_it_comes_from(guide: None, client: Client, slug: str) -> None:
    assert client.get(f"/guide/{slug}/").status_code == 200
    sections = Section.objects.filter(page__slug=slug)
    words = sum(len(plain_prose(section.body).split()) for section in sections)
    assert 50 < words < LONGEST
    unsourced = [
        section.slug
        for section in sections
        if not list(find_citations(section.body))
        and not re.search(r"our (own )?judgement|our rule of thumb|\]\(/guide/", section.body)
    ]
    assert unsourced == []
    assert Page.objects.get(slug=slug).reviewed_on.isoformat() >= "2026-11-29"
