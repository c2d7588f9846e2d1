"""Reads that shape the guide's pages. None of them queries in a loop; each says how many queries it takes.

=========================  =============================================================================
``read_page(slug)``        a page of prose with its sections rendered and its sources
``read_comparison()``      the table of the three variants
``models()``               the twelve ``CodeModel`` with ``variant``; slugs ``7b-base`` … ``70b-instruct``
``attribute_groups()``     headings (``slug``, ``label``) with their ``Attribute`` rows
``facts_by_model(slugs)``  ``{"7b-base": {"layers": Fact}}``; a fact has ``text`` (as shown, without unit), ``number``
                           (Decimal or None), ``support`` (abilities: yes, no, disputed, unverified), ``kind``,
                           ``status`` (agreed, conflict, unverified), ``qualification``, ``checked``,
                           ``citations.all()``, and ``readings.all()``: what other sources say, with their citations
``benchmarks(suites)``     every ``Benchmark`` with ``scores`` by model slug and ``others`` (Llama 2, GPT-4 …)
``shapes()``               ``ShapeFacts`` by model slug: layers, heads, vocabulary, exact parameters, planned context
``gpus()``                 ``Gpu``: ``memory_gb`` as sold, ``usable_gib`` as programs see it, other names
``quantizations()``        ``Quantization``: bits, overhead, what stays at 16 bit, TGI's flag
``servers()``              ``Server``: machines, formats, and the lines of the command that starts it
``terms()``                the glossary
``sources()``              all sources by number
=========================  =============================================================================
"""

from apps.guide.selectors.facts import (
    AttributeGroup,
    BenchmarkScores,
    ShapeFacts,
    attribute_groups,
    benchmarks,
    cited,
    facts,
    facts_by_model,
    models,
    shapes,
)
from apps.guide.selectors.pages import FeatureRow, FeatureTable, GuidePage, RenderedSection, read_comparison, read_page
from apps.guide.selectors.references import gpus, quantizations, servers, sources, terms

__all__ = [
    "AttributeGroup",
    "BenchmarkScores",
    "FeatureRow",
    "FeatureTable",
    "GuidePage",
    "RenderedSection",
    "ShapeFacts",
    "attribute_groups",
    "benchmarks",
    "cited",
    "facts",
    "facts_by_model",
    "gpus",
    "models",
    "quantizations",
    "read_comparison",
    "read_page",
    "servers",
    "shapes",
    "sources",
    "terms",
]
