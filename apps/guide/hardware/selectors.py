"""Reads of the calculator: models, formats and cards."""

from apps.guide import selectors
from apps.guide.hardware.fit import Card
from apps.guide.hardware.memory import GIB, Format, Precision, Shape
from apps.guide.hardware.question import Context, Known, Model
from apps.guide.hardware.servers import ModelServer
from apps.guide.models import Citation, CodeModel, Fact, Gpu, Quantization
from apps.guide.models import Server as ServerRow

# Cards older than the A100 have no kernels for fp8. In q8_0, 32 elements share a scale of 16 bits.
PRECISIONS = (
    Precision(slug="16", label="16 bits", bits=16),
    Precision(slug="8", label="8 bits, fp8 (TGI, vLLM, SGLang)", bits=8, least_capability=8.0),
    Precision(slug="q8", label="8.5 bits, q8_0 (llama.cpp, Ollama)", bits=8.5),
)
PLANNED, CLAIMED = "planned-context", "claimed-context"
SHAPE = ("layers", "hidden-size", "kv-heads", "vocabulary")
Cites = tuple[tuple[str, str], ...]


def read_known() -> Known:
    """Return everything that can be chosen; ten queries. A model whose shape is not known is left out."""
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
        cards=read_cards(),
        servers=[_server(row) for row in selectors.servers()],
    )


def read_cards() -> dict[str, Card]:
    """Return the cards and machines by slug; two queries."""
    return {row.slug: _card(row) for row in selectors.gpus()}


def _facts() -> dict[str, dict[str, Fact]]:
    wanted = [PLANNED, CLAIMED, *SHAPE]
    rows = Fact.objects.filter(attribute__slug__in=wanted).select_related("model", "attribute")
    found: dict[str, dict[str, Fact]] = {}
    for fact in rows.prefetch_related(selectors.cited()):
        found.setdefault(fact.model.slug, {})[fact.attribute.slug] = fact
    return found


def _cites(citations: list[Citation]) -> Cites:
    return tuple((citation.source.key, citation.locator) for citation in citations)


def _model(model: CodeModel, shape: selectors.ShapeFacts, facts: dict[str, Fact]) -> Model:
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
        group_size=row.group_size,
        least_capability=float(row.least_capability),
        note=row.note,
        cites=_cites(list(row.citations.all())),
    )


def _card(row: Gpu) -> Card:
    return Card(
        slug=row.slug,
        label=row.name,
        memory=round(row.usable_gib * GIB),
        sold_gb=row.memory_gb,
        machine=row.machine,
        capability=float(row.capability) if row.capability is not None else None,
        aliases=tuple(row.aliases),
        note=row.note,
        cites=_cites(list(row.citations.all())),
    )


def _server(row: ServerRow) -> ModelServer:
    return ModelServer(
        slug=row.slug,
        name=row.name,
        machines=row.machines,
        splits_layers=row.split == ServerRow.Split.TENSOR,
        lines=row.lines,
        then=row.then,
        formats=row.formats,
        formats_70b=row.formats_70b,
        caches=row.caches,
        longer=row.longer,
        least_capability=float(row.least_capability),
        note=row.note,
        cites=_cites(list(row.citations.all())),
    )
