"""Reads the content files and makes sure that they agree with each other, before anything is written."""

from pathlib import Path

from apps.guide.errors import ContentError
from apps.guide.prose import find_citations, split_citation
from apps.guide.schema import ComparisonFile, Content, PagesFile, Prose, SourcesFile
from apps.guide.toml_file import TomlFile, read_text

CONTENT_FOLDER = Path(__file__).resolve().parent.parent / "content"


def read_content(*, folder: Path = CONTENT_FOLDER) -> Content:
    """Return all content of ``folder``; raises ``ContentError`` with file, line and reason at the first fault."""
    source_keys, sources = _read_sources(TomlFile(folder / "sources.toml"))
    comparison = _read_comparison(TomlFile(folder / "comparison.toml"), source_keys)
    pages = _read_pages(TomlFile(folder / "pages.toml"), comparison)
    prose = {section.file: _read_prose(folder / section.file, source_keys) for section in pages.sections}
    _check_nothing_forgotten(folder, prose)
    return Content(
        sources=sources.sources,
        variants=comparison.variants,
        features=comparison.features,
        cells=comparison.cells,
        pages=pages.pages,
        sections=pages.sections,
        prose=prose,
    )


def _read_sources(file: TomlFile) -> tuple[set[str], SourcesFile]:
    content = file.read_as(SourcesFile)
    file.check_unique("sources", "key", (source.key for source in content.sources))
    file.check_unique("sources", "number", (source.number for source in content.sources))
    return {source.key for source in content.sources}, content


def _read_comparison(file: TomlFile, source_keys: set[str]) -> ComparisonFile:
    content = file.read_as(ComparisonFile)
    file.check_unique("variants", "slug", (variant.slug for variant in content.variants))
    file.check_unique("variants", "letter", (variant.letter for variant in content.variants))
    file.check_unique("features", "slug", (feature.slug for feature in content.features))
    file.check_unique("cells", "feature", ((cell.feature, cell.variant) for cell in content.cells))
    _check_cells(file, content, source_keys)
    _check_no_gaps(file, content)
    return content


def _check_cells(file: TomlFile, content: ComparisonFile, source_keys: set[str]) -> None:
    features = {feature.slug for feature in content.features}
    variants = {variant.slug for variant in content.variants}
    for index, cell in enumerate(content.cells):
        if cell.feature not in features:
            raise file.error("cells", index, f"there is no feature {cell.feature!r}", field="feature")
        if cell.variant not in variants:
            raise file.error("cells", index, f"there is no variant {cell.variant!r}", field="variant")
        if not cell.sources and cell.kind != "judgement":
            raise file.error("cells", index, "names no source and is not marked as our judgement")
        for spelling in cell.sources:
            key, _ = split_citation(spelling)
            if key not in source_keys:
                raise file.error("cells", index, f"there is no source {key!r}", field="sources")


def _check_no_gaps(file: TomlFile, content: ComparisonFile) -> None:
    given = {(cell.feature, cell.variant) for cell in content.cells}
    for index, feature in enumerate(content.features):
        for variant in content.variants:
            if (feature.slug, variant.slug) not in given:
                raise file.error("features", index, f"{feature.slug!r} has no cell for {variant.slug!r}")


def _read_pages(file: TomlFile, comparison: ComparisonFile) -> PagesFile:
    content = file.read_as(PagesFile)
    file.check_unique("pages", "slug", (page.slug for page in content.pages))
    file.check_unique("sections", "file", (section.file for section in content.sections))
    file.check_unique("sections", "file", ((section.page, Path(section.file).stem) for section in content.sections))
    pages = {page.slug for page in content.pages}
    variants = {"", *(variant.slug for variant in comparison.variants)}
    for index, section in enumerate(content.sections):
        if section.page not in pages:
            raise file.error("sections", index, f"there is no page {section.page!r}", field="page")
        if section.variant not in variants:
            raise file.error("sections", index, f"there is no variant {section.variant!r}", field="variant")
    return content


def _read_prose(path: Path, source_keys: set[str]) -> Prose:
    text = read_text(path)
    heading, _, body = text.partition("\n")
    if not heading.startswith("# ") or not body.strip():
        raise ContentError(path, "must begin with a heading (# …) and have text under it", line=1)
    for line, key in find_citations(text):
        if key not in source_keys:
            raise ContentError(path, f"there is no source {key!r}", line=line)
    return Prose(title=heading.removeprefix("# ").strip(), body=body.strip() + "\n")


def _check_nothing_forgotten(folder: Path, prose: dict[str, Prose]) -> None:
    for path in sorted(folder.rglob("*.md")):
        if path.relative_to(folder).as_posix() not in prose:
            raise ContentError(path, "is not listed in pages.toml")
