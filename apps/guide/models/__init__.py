"""The guide's tables: sources, variants and models, facts, scores, hardware, terms, and pages of prose.

Every row can be traced to a content file: ``content()`` is the row as the file spells it, and ``loaded_digest`` is the
digest of the last load, so that edits in the admin are noticed (``services/load.py``).
"""

from apps.guide.models.base import FromFile, StatementKind, digest, identify, plain
from apps.guide.models.comparison import Cell, Feature, Variant
from apps.guide.models.edition import Edition
from apps.guide.models.facts import Attribute, Better, CodeModel, Fact, Reading, Status, Support
from apps.guide.models.hardware import Gpu, Quantization, Server
from apps.guide.models.pages import Page, Section
from apps.guide.models.passages import Passage, Word
from apps.guide.models.reports import ErrorReport
from apps.guide.models.revisions import Revision
from apps.guide.models.rules import Rule
from apps.guide.models.scores import Benchmark, Score
from apps.guide.models.sources import CITING, Citation, Source
from apps.guide.models.terms import Term

__all__ = [
    "CITING",
    "Attribute",
    "Benchmark",
    "Better",
    "Cell",
    "Citation",
    "CodeModel",
    "Edition",
    "ErrorReport",
    "Fact",
    "Feature",
    "FromFile",
    "Gpu",
    "Page",
    "Passage",
    "Quantization",
    "Reading",
    "Revision",
    "Rule",
    "Score",
    "Section",
    "Server",
    "Source",
    "StatementKind",
    "Status",
    "Support",
    "Term",
    "Variant",
    "Word",
    "digest",
    "identify",
    "plain",
]
