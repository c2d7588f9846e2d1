"""``load_guide`` can be run at every start, and never undoes what somebody edited."""

from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from apps.guide.models import Benchmark, Cell, Feature, Section, Variant, digest
from apps.guide.services.load import Report, load_guide
from apps.guide.services.tables import TABLES


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1, f"{old!r} must be there once for this test to mean anything"
    file.write_text(text.replace(old, new))


def test_a_changed_file_changes_its_row_and_no_other(guide: None, folder: Path) -> None:
    change(folder / "comparison.toml", "Generating Python code", "Writing Python")
    report = load_guide(folder=folder)
    assert report.updated == 1
    assert Cell.objects.get(feature__slug="function", variant__slug="python").text == "Writing Python"


def test_changed_citations_are_brought_in_line(guide: None, folder: Path) -> None:
    change(folder / "comparison.toml", '["paper T1", "paper T4"]', '["paper T4", "card"]')
    load_guide(folder=folder)
    cell = Cell.objects.get(feature__slug="key-feature", variant__slug="base")
    assert cell.content()["sources"] == ["paper T4", "card"]


def test_files_that_were_loaded_last_are_not_read_again(
    guide: None, folder: Path, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(len(TABLES) + 1):
        report = load_guide()
    assert report == Report(unchanged=sum(table.model.rows().count() for table in TABLES))
    change(folder / "comparison.toml", "Generating Python code", "Writing Python")
    assert load_guide(folder=folder).updated == 1
    assert load_guide().updated == 1, "the files of the load before are others now"


def test_a_row_that_was_deleted_by_hand_is_loaded_again(guide: None) -> None:
    Cell.objects.filter(feature__slug="function", variant__slug="python").delete()
    assert load_guide().created == 1


def test_a_row_that_left_the_files_leaves_the_database(guide: None, folder: Path) -> None:
    assert Section.objects.filter(slug="output").exists()
    change(folder / "pages.toml", '[[sections]]\npage = "licence"\nfile = "licence/output.md"\n', "")
    (folder / "licence/output.md").unlink()
    assert load_guide(folder=folder).removed == 1
    assert not Section.objects.filter(slug="output").exists()


def test_an_edit_outlives_a_load_of_unchanged_files(guide: None) -> None:
    Variant.objects.filter(slug="base").update(summary="Edited here.")
    report = load_guide()
    assert report.kept == ["variant base"]
    assert report.conflicts == []
    assert Variant.objects.get(slug="base").summary == "Edited here."
    assert load_guide() == report, "the edit is reported at every load"


def test_an_edit_that_the_files_contradict_is_kept_and_reported(
    guide: None, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Variant.objects.filter(slug="base").update(summary="Edited here.")
    change(folder / "comparison.toml", "Completes code and fills gaps in it.", "Edited in the file.")
    call_command("load_guide", folder=folder)
    assert "Conflict, not written: variant base" in capsys.readouterr().err
    assert Variant.objects.get(slug="base").summary == "Edited here."


def test_an_edit_that_the_files_took_over_is_no_conflict_any_more(guide: None, folder: Path) -> None:
    Variant.objects.filter(slug="base").update(summary="Agreed.")
    change(folder / "comparison.toml", "Completes code and fills gaps in it.", "Agreed.")
    assert load_guide(folder=folder).conflicts == []
    assert load_guide(folder=folder).kept == []


def test_an_edited_row_that_left_the_files_stays(guide: None, folder: Path) -> None:
    Section.objects.filter(slug="output").update(body="Edited here.\n")
    change(folder / "pages.toml", '[[sections]]\npage = "licence"\nfile = "licence/output.md"\n', "")
    (folder / "licence/output.md").unlink()
    assert load_guide(folder=folder).conflicts == ["section licence/output"]
    assert Section.objects.get(slug="output").body == "Edited here.\n"


def test_a_row_made_in_the_admin_is_left_alone(guide: None) -> None:
    Feature.objects.create(slug="own", label="Our own row", order=99)
    load_guide()
    assert Feature.objects.filter(slug="own").exists()


def test_rows_loaded_before_shots_were_stored_are_brought_in_line(guide: None) -> None:
    migration = import_module("apps.guide.migrations.0007_benchmark_shots")
    benchmark = Benchmark.objects.get(slug="mbpp-pass-1")
    benchmark.shots = None
    said = {name: value for name, value in benchmark.content().items() if name != "shots"}
    benchmark.loaded_digest = digest(said)
    benchmark.save()
    assert benchmark.is_edited, "without the migration the row counts as edited"
    migration.keep_loaded_rows_unedited(apps, None)
    assert load_guide().conflicts == []
    assert Benchmark.objects.get(slug="mbpp-pass-1").shots == 3
