"""``export_guide`` writes edits back to the files, nothing else in them changes, and what it wrote can be loaded."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.guide.models import Attribute, Benchmark, Cell, Citation, Fact, Score, Section, Source, Term, Variant
from apps.guide.services.export import ExportReport, export_guide
from apps.guide.services.load import load_guide

pytestmark = pytest.mark.django_db


def texts(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.*") if path.is_file()}


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def edit_a_line() -> None:
    Variant.objects.filter(slug="base").update(summary="Edited “here”.")


def edit_a_score() -> None:
    Score.objects.filter(benchmark__slug="gsm8k", model__slug="7b-base").update(number=Decimal("13.25"))


def edit_one_fact_of_several() -> None:
    Fact.objects.filter(attribute__slug="trained-context", model__slug="34b-python").update(qualification="Edited.")


def edit_facts_alike() -> None:
    alike = Fact.objects.filter(attribute__slug="chat", model__variant__slug="instruct")
    assert alike.update(text="yes, it does") == 4


def add_a_reading() -> None:
    fact = Fact.objects.get(attribute__slug="max-positions", model__slug="13b-instruct")
    reading = fact.readings.create(text="unknown", note="Made up.", order=1)
    Citation.objects.create(reading=reading, source=Source.objects.get(key="card"), locator="§9")


def edit_prose() -> None:
    Section.objects.filter(page__slug="licence", slug="output").update(title="Four sizes", body="Edited.\n")


def add_rows() -> None:
    term = Term.objects.create(slug="beam", term="Beam search", definition="Not used.\n\nReally.", see_also=["greedy"])
    Citation.objects.create(term=term, source=Source.objects.get(key="paper"), locator="§3")
    benchmark = Benchmark.objects.get(slug="gsm8k")
    score = Score.objects.create(benchmark=benchmark, other="GPT-4", number=92, kind="paper")
    Citation.objects.create(score=score, source=Source.objects.get(key="paper"))


EDITS = (
    *(edit_a_line, edit_a_score, edit_one_fact_of_several, edit_facts_alike),
    *(add_a_reading, edit_prose, add_rows),
)


def test_without_edits_no_file_changes(guide: None, folder: Path) -> None:
    before = texts(folder)
    assert len(before) > 20
    assert export_guide(folder=folder) == ExportReport()
    assert texts(folder) == before


def test_an_edited_line_is_the_only_change(guide: None, folder: Path) -> None:
    before = texts(folder)["comparison.toml"]
    edit_a_line()
    assert export_guide(folder=folder) == ExportReport(written=["variant base"], files=["comparison.toml"])
    gone, come = changed_lines(before, texts(folder)["comparison.toml"])
    assert gone == ['summary = "Completes code and fills gaps in it."']
    assert come == ['summary = "Edited “here”."']


def test_a_score_changes_in_its_place(guide: None, folder: Path) -> None:
    edit_a_score()
    export_guide(folder=folder)
    assert "numbers = { 7b-base = 13.25, 13b-base = 20.8," in texts(folder)["scores.toml"]


def test_a_fact_that_differs_now_leaves_those_it_was_written_with(guide: None, folder: Path) -> None:
    edit_one_fact_of_several()
    export_guide(folder=folder)
    file = texts(folder)["facts/context.toml"]
    assert '"7b-python", "13b-python"]' in file or '"7b-python", "13b-python",\n' in file
    assert 'models = ["34b-python"]\ntext = "16,384"\nkind = "paper"\nnumber = 16384\nqualification = "Edited."' in file


def test_facts_edited_alike_stay_together(guide: None, folder: Path) -> None:
    edit_facts_alike()
    before = texts(folder)["facts/abilities.toml"]
    export_guide(folder=folder)
    gone, come = changed_lines(before, texts(folder)["facts/abilities.toml"])
    assert (gone, come) == ([], ['text = "yes, it does"'])
    assert texts(folder)["facts/abilities.toml"].count("[[facts]]") == before.count("[[facts]]")


def test_readings_and_citations_are_written(guide: None, folder: Path) -> None:
    add_a_reading()
    export_guide(folder=folder)
    file = texts(folder)["facts/context.toml"]
    assert '  {text = "unknown", sources = ["card §9"], note = "Made up."}' in file


def test_prose_goes_to_its_file(guide: None, folder: Path) -> None:
    edit_prose()
    report = export_guide(folder=folder)
    assert report.files == ["licence/output.md"]
    assert (folder / "licence/output.md").read_text() == "# Four sizes\n\nEdited.\n"


def test_rows_made_in_the_admin_are_added(guide: None, folder: Path) -> None:
    add_rows()
    report = export_guide(folder=folder)
    assert report.files == ["glossary.toml", "scores.toml"]
    assert 'see_also = ["greedy"]' in texts(folder)["glossary.toml"]
    assert "others = {GPT-4 = 92}" in texts(folder)["scores.toml"]


def test_after_an_export_files_and_database_agree(guide: None, folder: Path) -> None:
    for edit in EDITS:
        edit()
    assert export_guide(folder=folder).conflicts == []
    report = load_guide(folder=folder)
    assert (report.created, report.updated, report.removed, report.kept, report.conflicts) == (0, 0, 0, [], [])
    assert report.unchanged > 900
    assert export_guide(folder=folder) == ExportReport()


def test_what_the_files_say_otherwise_is_left_alone(guide: None, folder: Path) -> None:
    Variant.objects.filter(slug="base").update(summary="Edited here.")
    file = folder / "comparison.toml"
    file.write_text(file.read_text().replace("Completes code and fills gaps in it.", "Edited in the file."))
    before = texts(folder)
    assert export_guide(folder=folder) == ExportReport(conflicts=["variant base"])
    assert texts(folder) == before
    assert export_guide(folder=folder, overwrite=True).written == ["variant base"]
    assert 'summary = "Edited here."' in file.read_text()


def test_what_could_not_be_loaded_is_not_exported(guide: None, folder: Path) -> None:
    Attribute.objects.create(slug="colour", label="Colour", group="release", order=99)
    Variant.objects.filter(slug="base").update(summary="Edited here.")
    before = texts(folder)
    with pytest.raises(CommandError, match=r"Nothing exported\. .*models\.toml, line \d+: 'colour' has no fact"):
        call_command("export_guide", folder=folder)
    assert texts(folder) == before
    assert Variant.objects.get(slug="base").is_edited


def test_the_command_says_what_it_wrote(guide: None, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Cell.objects.filter(feature__slug="input", variant__slug="base").update(text="Code")
    call_command("export_guide", folder=folder)
    assert capsys.readouterr().out == "Guide: 1 rows written to 1 files.\nChanged: comparison.toml\n"
