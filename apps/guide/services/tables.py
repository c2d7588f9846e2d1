"""Which content file fills which table. The order is that of loading: what is referred to comes first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from apps.guide import models, schema
from apps.guide.choosing.schema import RuleEntry, check_rules
from apps.guide.hardware.schema import GpuEntry, QuantizationEntry, ServerEntry, check_gpus
from apps.guide.models import FromFile
from apps.guide.toml_file import TomlFile


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of ``[[name]]`` block: the files that may hold it, its schema, and the model that it fills.

    ``unique`` are columns of which no two rows may say the same, and ``check`` raises a ``ContentError`` for what is
    wrong with the table's entries together.
    """

    name: str
    files: str
    entry: type[schema.Entry]
    model: type[FromFile]
    unique: Sequence[str] = ()
    needs_source: bool = True
    check: Callable[[TomlFile, Sequence[Any]], None] | None = None


TABLES: Sequence[Table] = (
    Table("sources", "sources.toml", schema.SourceEntry, models.Source, unique=["number"]),
    Table("variants", "comparison.toml", schema.VariantEntry, models.Variant, unique=["letter"]),
    Table("features", "comparison.toml", schema.FeatureEntry, models.Feature),
    Table("cells", "comparison.toml", schema.CellEntry, models.Cell),
    Table("models", "models.toml", schema.ModelEntry, models.CodeModel),
    Table("attributes", "models.toml", schema.AttributeEntry, models.Attribute),
    Table("facts", "facts/*.toml", schema.FactEntry, models.Fact),
    Table("benchmarks", "scores.toml", schema.BenchmarkEntry, models.Benchmark),
    Table("scores", "scores.toml", schema.ScoreEntry, models.Score),
    Table("gpus", "hardware.toml", GpuEntry, models.Gpu, check=check_gpus),
    Table("quantizations", "hardware.toml", QuantizationEntry, models.Quantization),
    Table("servers", "servers.toml", ServerEntry, models.Server),
    Table("rules", "rules.toml", RuleEntry, models.Rule, needs_source=False, check=check_rules),
    Table("terms", "glossary.toml", schema.TermEntry, models.Term, needs_source=False),
    Table("pages", "pages.toml", schema.PageEntry, models.Page),
    Table("sections", "pages.toml", schema.SectionEntry, models.Section),
)


def table_of(model: type[FromFile]) -> Table:
    """Return the table that fills a model."""
    return next(table for table in TABLES if table.model is model)
