"""The content file of each table, in the order of loading: a row's references come before it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from apps.guide import models, schema
from apps.guide.choosing.schema import RuleEntry, check_rules
from apps.guide.hardware.schema import GpuEntry, QuantizationEntry, ServerEntry, check_gpus
from apps.guide.models import FromFile
from apps.guide.toml_file import TomlFile


@dataclass(frozen=True, slots=True)
class ContentTable:
    """A kind of ``[[name]]`` block: the files that may hold it, its schema, and the model that it fills.

    No two rows may have the same values in the ``unique`` columns. ``check`` raises a ``ContentError`` if
    the table's entries contradict each other.
    """

    name: str
    files: str
    entry: type[schema.Entry]
    model: type[FromFile]
    unique: Sequence[str] = ()
    needs_source: bool = True
    check: Callable[[TomlFile, Sequence[Any]], None] | None = None


TABLES: Sequence[ContentTable] = (
    ContentTable("sources", "sources.toml", schema.SourceEntry, models.Source, unique=["number"]),
    ContentTable("variants", "comparison.toml", schema.VariantEntry, models.Variant, unique=["letter"]),
    ContentTable("features", "comparison.toml", schema.FeatureEntry, models.Feature),
    ContentTable("cells", "comparison.toml", schema.CellEntry, models.Cell),
    ContentTable("models", "models.toml", schema.ModelEntry, models.CodeModel),
    ContentTable("attributes", "models.toml", schema.AttributeEntry, models.Attribute),
    ContentTable("facts", "facts/*.toml", schema.FactEntry, models.Fact),
    ContentTable("benchmarks", "scores.toml", schema.BenchmarkEntry, models.Benchmark),
    ContentTable("scores", "scores.toml", schema.ScoreEntry, models.Score),
    ContentTable("gpus", "hardware.toml", GpuEntry, models.Gpu, check=check_gpus),
    ContentTable("quantizations", "hardware.toml", QuantizationEntry, models.Quantization),
    ContentTable("servers", "servers.toml", ServerEntry, models.Server),
    ContentTable("rules", "rules.toml", RuleEntry, models.Rule, needs_source=False, check=check_rules),
    ContentTable("terms", "glossary.toml", schema.TermEntry, models.Term, needs_source=False),
    ContentTable("pages", "pages.toml", schema.PageEntry, models.Page),
    ContentTable("sections", "pages.toml", schema.SectionEntry, models.Section),
)


def table_of(model: type[FromFile]) -> ContentTable:
    """Return the table that fills a model."""
    return next(table for table in TABLES if table.model is model)
