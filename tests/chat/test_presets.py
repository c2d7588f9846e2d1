"""Presets: what everybody is offered, what people make for themselves, and what choosing one does."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.conversation_settings.limits import LONGEST_SYSTEM_PROMPT
from apps.chat.conversation_settings.values import settings_of
from apps.chat.errors import PresetNameTaken, TooManyPresets
from apps.chat.models import Conversation, Preset
from apps.chat.services import presets as service
from apps.chat.services.messages.send import start_conversation
from apps.chat.services.presets import FILE, load_presets, save_preset
from apps.chat.services.settings import change_settings
from apps.guide.errors import ContentError
from tests.chat.exchanges import answered_conversation
from tests.chat.test_servers import server

HOME = "/chat/"
PRESETS = "/chat/presets/"
HTMX = {"HX-Request": "true"}
FIELDS = {
    "name": "Mine",
    "description": "For me.",
    "opening": "Sort:\r\n\r\n{code}",
    "system_prompt": "Sort.",
    "seed": "7",
}
BUILT_IN = ["Explain code", "Debug", "Write a script", "Write documentation", "Write tests", "Review"]


@pytest.fixture
def built_in(db: None) -> None:
    load_presets()


def preset(owner: User | None, name: str = "Mine", **fields: object) -> Preset:
    return Preset.objects.create(owner=owner, name=name, **fields)


class TestBuiltIn:
    @pytest.mark.usefixtures("built_in")
    def test_six_come_with_the_project_and_can_all_be_sent(self) -> None:
        made = list(Preset.objects.all())
        assert [item.name for item in made] == BUILT_IN
        for item in made:
            assert 0 < len(item.system_prompt) < LONGEST_SYSTEM_PROMPT // 4, "a small model reads no essays"
            assert item.opening.count("{code}") == 1
            assert item.parameters == {"temperature": 0.2}
            assert item.description

    @pytest.mark.usefixtures("built_in")
    def test_loading_again_changes_nothing(self) -> None:
        before = list(Preset.objects.values())
        report = load_presets()
        assert (report.created, report.updated, report.removed, report.kept) == (0, 0, 0, [])
        assert list(Preset.objects.values()) == before

    @pytest.mark.usefixtures("built_in")
    def test_what_was_edited_stays_and_the_rest_follows_the_file(self, tmp_path: Path) -> None:
        Preset.objects.filter(key="debug").update(system_prompt="Our own words.")
        Preset.objects.filter(key="review").update(is_offered=False)
        changed = (
            FILE.read_text().replace("likely, and the smallest fix.", "likely.").replace("Problems in", "Faults in")
        )
        file = tmp_path / "presets.toml"
        file.write_text(re.sub(r'\[\[preset\]\]\nkey = "script".*?(?=\[\[)', "", changed, flags=re.DOTALL))
        report = load_presets(path=file)
        assert (report.created, report.updated, report.removed, report.kept) == (0, 3, 1, ["Debug"])
        assert Preset.objects.get(key="debug").system_prompt == "Our own words."
        review = Preset.objects.get(key="review")
        assert (review.description[:9], review.is_offered) == ("Faults in", False)
        assert not Preset.objects.filter(key="script").exists()

    @pytest.mark.usefixtures("built_in")
    def test_faulty_file_changes_nothing(self, tmp_path: Path) -> None:
        file = tmp_path / "presets.toml"
        file.write_text(FILE.read_text() + '\n[[preset]]\nkey = "debug"\nname = "Again"\n')
        with pytest.raises(ContentError, match="line"):
            load_presets(path=file)
        assert Preset.objects.count() == 6

    @pytest.mark.django_db
    def test_command_says_what_it_did(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("load_presets")
        assert capsys.readouterr().out == "Presets: 6 created, 0 updated, 0 removed.\n"


class TestAdmin:
    @pytest.fixture
    def admin(self, client: Client, db: None) -> Client:  # noqa: ARG002 - on for what it does
        client.force_login(User.objects.create_superuser("admin"))
        return client

    @pytest.mark.usefixtures("built_in")
    def test_admin_edits_everybodys_and_sees_no_others(self, admin: Client, alice: User) -> None:
        theirs = preset(alice, "Alices own words")
        page = admin.get("/admin/chat/preset/").text
        assert "Explain code" in page
        assert "Alices own words" not in page
        assert admin.get(reverse("admin:chat_preset_change", args=[theirs.pk])).status_code == 302
        debug = Preset.objects.get(key="debug")
        address = reverse("admin:chat_preset_change", args=[debug.pk])
        assert "You find mistakes in code." in admin.get(address).text
        fields = {"name": "Debug", "system_prompt": "Find it.", "temperature": "0", "place": "2", "is_offered": "on"}
        assert admin.post(address, fields).status_code == 302
        debug.refresh_from_db()
        assert (debug.system_prompt, debug.parameters) == ("Find it.", {"temperature": 0.0})
        assert load_presets().kept == ["Debug"]

    @pytest.mark.usefixtures("built_in")
    def test_admin_takes_one_off_offer_but_does_not_delete_it(self, admin: Client, alice: User) -> None:
        debug = Preset.objects.get(key="debug")
        assert admin.post(reverse("admin:chat_preset_delete", args=[debug.pk]), {"post": "yes"}).status_code == 403
        Preset.objects.filter(pk=debug.pk).update(is_offered=False)
        assert "Debug" not in {item.name for item in Preset.objects.visible_to(alice)}

    def test_admin_adds_one_for_everybody(self, admin: Client, alice: User) -> None:
        fields = {"name": "Port to Rust", "place": "9", "is_offered": "on", "temperature": "0.1"}
        assert admin.post(reverse("admin:chat_preset_add"), fields).status_code == 302
        added = Preset.objects.visible_to(alice).get()
        assert (added.owner, added.parameters) == (None, {"temperature": 0.1})
        assert admin.post(reverse("admin:chat_preset_delete", args=[added.pk]), {"post": "yes"}).status_code == 302


class TestOwn:
    FIELDS = {
        "name": "Mine",
        "description": "For me.",
        "opening": "Sort:\r\n\r\n{code}",
        "system_prompt": "Sort.",
        "seed": "7",
    }

    def test_made_edited_and_deleted(self, browser: Client, alice: User) -> None:
        assert browser.post(f"{PRESETS}add/", FIELDS).status_code == 302
        made = Preset.objects.get()
        assert (made.owner, made.opening, made.parameters) == (alice, "Sort:\n\n{code}", {"seed": 7})
        assert "For me." in browser.get(PRESETS).text
        address = reverse("chat:edit_preset", args=[made.pk])
        assert 'value="7"' in browser.get(address).text
        assert browser.post(address, {**FIELDS, "seed": "", "top_p": "0.5"}).status_code == 302
        made.refresh_from_db()
        assert made.parameters == {"top_p": 0.5}
        assert browser.post(reverse("chat:delete_preset", args=[made.pk])).status_code == 302
        assert not Preset.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value", "sentence"),
        [
            ("name", "", "This field is required."),
            ("name", "\u202e", "This field is required."),
            ("opening", "{code} {code}", "{code} can stand in it once."),
            ("temperature", "3", "Write a number from 0 to 2, such as 0.2."),
        ],
    )
    def test_what_cannot_be_is_refused(self, browser: Client, field: str, value: str, sentence: str) -> None:
        refused = browser.post(f"{PRESETS}add/", {**FIELDS, field: value})
        assert refused.status_code == 422
        assert sentence in refused.text
        assert not Preset.objects.exists()

    def test_names_and_number_have_limits(
        self, browser: Client, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service, "MOST_PRESETS", 2)
        save_preset(owner=bob, preset=Preset(name="Mine"))
        mine = save_preset(owner=alice, preset=Preset(name="Mine"))
        with pytest.raises(PresetNameTaken):
            save_preset(owner=alice, preset=Preset(name="Mine"))
        assert "You have a preset of this name." in browser.post(f"{PRESETS}add/", FIELDS).text
        save_preset(owner=alice, preset=mine)
        save_preset(owner=alice, preset=Preset(name="Another"))
        with pytest.raises(TooManyPresets):
            save_preset(owner=alice, preset=Preset(name="A third"))
        refused = browser.post(f"{PRESETS}add/", {**FIELDS, "name": "A third"})
        assert "You have 2 presets, the most there can be." in refused.text

    @pytest.mark.usefixtures("built_in")
    def test_nobody_else_sees_uses_or_changes_it(self, browser: Client, alice: User, bob: User) -> None:
        theirs = preset(bob, "Bobs words", system_prompt="Bobs words")
        talk = answered_conversation(alice, "one", "first")
        ours = Preset.objects.get(key="debug")
        for number, is_found in ((theirs.pk, False), (ours.pk, True), ("x", False), ("9" * 30, False)):
            assert ("draft" in browser.get(HOME, {"preset": number}).context) is True
            page = browser.get(HOME, {"preset": number}).text
            message = page.partition('id="message"')[2].partition("</textarea>")[0]
            assert ("This code does not do what I expect." in message) == is_found
            assert "Bobs words" not in page
            used = browser.post(f"{talk.get_absolute_url()}settings/preset/", {"preset": number})
            assert used.status_code == (302 if is_found else 404)
        for address in (f"{PRESETS}{theirs.pk}/", f"{PRESETS}{ours.pk}/"):
            assert browser.get(address).status_code == 404
            assert browser.post(f"{address}delete/").status_code == 404
        assert "Bobs words" not in browser.get(PRESETS).text

    def test_settings_of_a_conversation_become_one(self, browser: Client, alice: User, bob: User) -> None:
        talk = answered_conversation(alice, "one", "first")
        change_settings(conversation=talk, changes={"system_prompt": "Sort it.", "stop": ["\n\n"], "seed": 7})
        page = browser.get(f"{PRESETS}add/", {"of": str(talk.pk)}).text
        for shown in ("Sort it.</textarea>", "\\n\\n</textarea>", 'value="7"'):
            assert shown in page
        foreign = answered_conversation(bob, "one", "first")
        change_settings(conversation=foreign, changes={"system_prompt": "Bobs words"})
        for of in (str(foreign.pk), "nonsense"):
            assert "Bobs words" not in browser.get(f"{PRESETS}add/", {"of": of}).text


class TestChoosing:
    @pytest.mark.usefixtures("built_in")
    def test_new_conversation_is_filled_in_and_nothing_is_sent(self, browser: Client) -> None:
        page = browser.get(HOME)
        assert re.findall(r'class="starter__name">([^<]+)', page.text) == BUILT_IN
        tests = Preset.objects.get(key="test")
        page = browser.get(HOME, {"preset": tests.pk})
        assert page.context["draft"] == "Write unit tests for this function:\n\n"
        assert 'data-opening="Write unit tests for this function:\n\n{code}"' in page.text
        assert "You write unit tests" in page.text
        assert re.search(r'name="settings-temperature" value="0.2"', page.text)
        assert not Conversation.objects.exists()

    @pytest.mark.usefixtures("built_in")
    def test_conversation_gets_its_settings_and_keeps_its_server(self, browser: Client, alice: User) -> None:
        server("gpu-1")
        talk = answered_conversation(alice, "one", "first")
        change_settings(conversation=talk, changes={"endpoint": "gpu-1", "seed": 7})
        debug = Preset.objects.get(key="debug")
        address = f"{talk.get_absolute_url()}settings/preset/"
        used = browser.post(address, {"preset": debug.pk})
        assert used["Location"] == f"{talk.get_absolute_url()}?preset={debug.pk}"
        talk.refresh_from_db()
        chosen = settings_of(talk)
        assert (chosen["endpoint"], chosen["temperature"], chosen["seed"]) == ("gpu-1", 0.2, None)
        assert chosen["system_prompt"] == debug.system_prompt
        page = browser.get(used["Location"])
        assert page.context["draft"].startswith("This code does not do what I expect.")
        assert "The next reply uses the settings of “Debug”." in page.text
        partials = browser.post(address, {"preset": debug.pk}, headers=HTMX)
        assert 'hx-target="#settings-body"' in partials.text

    def test_preset_in_use_is_named_until_it_is_taken_off_or_changed(self, browser: Client, alice: User) -> None:
        server("gpu-1")
        talk = answered_conversation(alice, "one", "first")
        address = f"{talk.get_absolute_url()}settings/preset/"
        mine = preset(alice, "Terse", system_prompt="Be terse.", parameters={"temperature": 0.5})
        preset(alice, "Only an opening", opening="Say: ")

        def named() -> Preset | None:
            shown: Preset | None = browser.get(talk.get_absolute_url()).context["preset_in_use"]
            return shown

        assert named() is None
        assert ">Terse</span>" in browser.post(address, {"preset": mine.pk}, headers=HTMX).text
        assert named() == mine
        change_settings(conversation=talk, changes={"endpoint": "gpu-1"})
        assert named() == mine, "whichever server answers"
        change_settings(conversation=talk, changes={"seed": 7})
        assert named() is None
        browser.post(address, {"preset": mine.pk})
        left = browser.post(address, {"preset": ""}, headers=HTMX)
        assert ">Terse</span>" not in left.text
        assert "The next reply uses the usual settings." in left.text
        assert named() is None
        talk.refresh_from_db()
        assert settings_of(talk) == settings_of(None) | {"endpoint": "gpu-1"}
        assert browser.get(HOME, {"preset": mine.pk}).context["preset_in_use"] == mine
        assert browser.get(HOME).context["preset_in_use"] is None

    @pytest.mark.usefixtures("built_in")
    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("Explain what this code does, step by step:\n\nx = sorted(y)\nprint(x)", "Explain code: x = sorted(y)"),
            ("Write a Python script that renames files", "Write a script: renames files"),
            ("Review this code:", "Review this code:"),
            ("What is a list?", "What is a list?"),
            (
                "This code does not do what I expect. Find the mistake and show the fix.\n\nx\n\nWhat happens instead:",
                "Debug: x",
            ),
        ],
    )
    def test_conversation_is_titled_by_what_follows_the_opening(self, alice: User, text: str, title: str) -> None:
        assert start_conversation(owner=alice, text=text).conversation.title == title

    @pytest.mark.usefixtures("built_in")
    def test_guide_begins_with_its_own_questions_and_offers_presets_all_the_same(self, browser: Client) -> None:
        page = browser.get("/chat/ask/").text
        assert "starter__name" not in page
        assert 'role="option"' in page
