"""The published scores that order models, and the answers for which each counts."""

import re
from collections.abc import Mapping
from statistics import fmean

from apps.guide.choosing.answers import Answers
from apps.guide.choosing.languages import MEASURED, PYTHON

HUMANEVAL = "humaneval-pass-1"
AVERAGE = "multipl-e-average"
# The benchmarks of MultiPL-E by the chooser's names of the languages.
BY_LANGUAGE = {language: f"multipl-e-{language}" for language in MEASURED} | {"typescript": "multipl-e-ts"}
RETRIEVAL = re.compile(r"^retrieval-(?P<thousands>\d+)k-(?P<percent>\d+)$")
# The window of each published length: 16,000 tokens stand for 16,384.
WINDOW = 1024

# A score by benchmark, then by model.
type Scores = Mapping[str, Mapping[str, float]]


def benchmark_for(language: str) -> str:
    """Return the benchmark for a language: HumanEval, MultiPL-E in that language, or the average of its six."""
    return HUMANEVAL if language == PYTHON else BY_LANGUAGE.get(language, AVERAGE)


def retrieval_at(context: int, scores: Scores) -> list[str]:
    """Return the key retrieval benchmarks of the length nearest to ``context``, by the key's place in the text."""
    found = [match for slug in scores if (match := RETRIEVAL.match(slug))]
    lengths = sorted({int(match["thousands"]) for match in found})
    if not lengths:
        return []
    length = next((length for length in lengths if length * WINDOW >= context), lengths[-1])
    places = sorted((int(match["percent"]), match.string) for match in found if int(match["thousands"]) == length)
    return [slug for _, slug in places]


def score_in(model: str, benchmark: str, scores: Scores) -> float:
    """Return a model's score; below every real score if none was published."""
    return scores.get(benchmark, {}).get(model, -1.0)


def retrieval_of(model: str, answers: Answers, scores: Scores) -> float:
    """Return how often a model finds the key, averaged over its places; below every real value if unknown."""
    benchmarks = retrieval_at(answers.context, scores)
    return fmean(score_in(model, benchmark, scores) for benchmark in benchmarks) if benchmarks else -1.0
