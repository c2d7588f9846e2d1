"""What the guide knows of models, formats and cards, as the calculator needs it."""

from apps.guide import selectors
from apps.guide.hardware.fit import Card
from apps.guide.hardware.memory import GIB, Format, Precision, Shape
from apps.guide.hardware.question import Context, Known, Model
from apps.guide.models import Citation, CodeModel, Fact, Gpu, Quantization

PRECISIONS = (
    Precision(slug="16", label="16 bit", bytes=2),
    Precision(slug="8", label="8 bit (fp8)", bytes=1, dtype="fp8_e4m3fn"),
)
PLANNED, CLAIMED = "planned-context", "claimed-context"
SHAPE = ("layers", "hidden-size", "kv-heads", "vocabulary")
Cites = tuple[tuple[str, str], ...]


def read_known() -> Known:
    """Return everything that can be chosen; eight queries. A model whose shape is not known is left out."""
    shapes = selectors.shapes()
    facts = _facts()
    known = {
        model.slug: _model(model, shapes[model.slug], facts[model.slug])
        for model in selectors.models()
        if model.slug in shapes and PLANNED in facts.get(model.slug, {})
    }
    return Known(
        models=known,
        formats={row.slug: _format(row) for row in selectors.quantizations()},
        precisions={precision.slug: precision for precision in PRECISIONS},
        cards={row.slug: _card(row) for row in selectors.gpus()},
    )


def _facts() -> dict[str, dict[str, Fact]]:
    wanted = [PLANNED, CLAIMED, *SHAPE]
    rows = Fact.objects.filter(attribute__slug__in=wanted).select_related("model", "attribute")
    found: dict[str, dict[str, Fact]] = {}
    for fact in rows.prefetch_related(selectors.cited()):
        found.setdefault(fact.model.slug, {})[fact.attribute.slug] = fact
    return found


def _cites(citations: list[Citation]) -> Cites:
    return tuple((citation.source.key, citation.locator) for citation in citations)


def _model(model: CodeModel, shape: selectors.Shape, facts: dict[str, Fact]) -> Model:
    planned, claimed = facts[PLANNED], facts.get(CLAIMED)
    return Model(
        slug=model.slug,
        name=model.name,
        variant=model.variant.slug,
        size=model.size,
        repository=model.hf_id,
        shape=Shape(
            layers=shape.layers,
            hidden=shape.hidden_size,
            heads=shape.attention_heads,
            kv_heads=shape.kv_heads,
            head_size=shape.head_size,
            feed_forward=shape.feed_forward_size,
            vocabulary=shape.vocabulary,
        ),
        context=Context(
            planned=shape.planned_context,
            planned_note=planned.qualification,
            planned_cites=_cites(list(planned.citations.all())),
            claimed=int(claimed.number) if claimed and claimed.number else None,
            claimed_cites=_cites(list(claimed.citations.all())) if claimed else (),
        ),
        shape_cites=tuple(
            dict.fromkeys(cite for name in SHAPE if name in facts for cite in _cites(list(facts[name].citations.all())))
        ),
    )


def _format(row: Quantization) -> Format:
    return Format(
        slug=row.slug,
        label=row.label,
        bits=float(row.bits + row.overhead_bits),
        keeps_embeddings=row.keeps_embeddings,
        needs_prepared_weights=row.needs_prepared_weights,
        flag=row.flag,
        note=row.note,
        cites=_cites(list(row.citations.all())),
    )


def _card(row: Gpu) -> Card:
    return Card(
        slug=row.slug,
        label=row.name,
        memory=round(row.usable_gib * GIB),
        sold_gb=row.memory_gb,
        note=row.note,
        cites=_cites(list(row.citations.all())),
    )
