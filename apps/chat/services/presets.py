"""Save, use and load presets."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from django.db import transaction
from msgspec import Meta, Struct
from msgspec.structs import asdict

from apps.accounts.models import User
from apps.chat.errors import PresetNameTaken, TooManyPresets
from apps.chat.models import Conversation, Preset
from apps.chat.services.settings import change_settings
from apps.guide.toml_file import TomlFile

FILE = Path(__file__).resolve().parent.parent / "content" / "presets.toml"
MOST_PRESETS = 50  # of one person


class FilePreset(Struct, forbid_unknown_fields=True):
    """A preset in the content file."""

    key: Annotated[str, Meta(min_length=1, max_length=50)]
    name: Annotated[str, Meta(min_length=1, max_length=60)]
    description: Annotated[str, Meta(max_length=200)]
    system_prompt: str
    opening: str
    temperature: float | None = None


class PresetFile(Struct, forbid_unknown_fields=True):
    preset: list[FilePreset]


@dataclass(slots=True)
class Report:
    """The result of a load; ``kept`` names the presets that were edited."""

    created: int = 0
    updated: int = 0
    removed: int = 0
    kept: list[str] = field(default_factory=list)


def save_preset(*, owner: User, preset: Preset) -> Preset:
    """Store a preset of the owner's, as it was filled in and checked.

    Raises ``PresetNameTaken`` and ``TooManyPresets``.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        others = Preset.objects.owned_by(owner).exclude(pk=preset.pk)
        if others.filter(name=preset.name).exists():
            raise PresetNameTaken
        if preset.pk is None and others.count() >= MOST_PRESETS:
            raise TooManyPresets(MOST_PRESETS)
        preset.owner = owner
        preset.save()
    return preset


def delete_preset(*, preset: Preset) -> None:
    """Delete a preset. Conversations keep its settings."""
    Preset.objects.filter(pk=preset.pk).delete()


def use_preset(*, preset: Preset, conversation: Conversation) -> Conversation:
    """Give the conversation the preset's settings, except its model server. Raises ``ConversationGone``."""
    return change_settings(conversation=conversation, changes=preset.settings)


def leave_preset(*, conversation: Conversation) -> Conversation:
    """Give the conversation the usual settings, except its model server. Raises ``ConversationGone``."""
    return change_settings(conversation=conversation, changes=Preset().settings)


def load_presets(*, path: Path = FILE) -> Report:
    """Update the project's presets from their file. Presets that were edited stay as they are.

    Raises ``ContentError`` and then changes nothing.
    """
    file = TomlFile(path)
    records = file.read_as(PresetFile).preset
    file.check_unique("preset", "key", [record.key for record in records])
    report = Report()
    with transaction.atomic():
        present = {preset.key: preset for preset in Preset.objects.for_everybody().exclude(key="")}
        for place, record in enumerate(records, 1):
            _load(present.pop(record.key, None), record, place, report)
        for preset in present.values():
            if preset.content == preset.loaded:
                preset.delete()
                report.removed += 1
            else:
                report.kept.append(preset.name)
    return report


def _load(preset: Preset | None, record: FilePreset, place: int, report: Report) -> None:
    content = asdict(record)
    key, temperature = content.pop("key"), content.pop("temperature")
    content = {name: text.strip("\n") for name, text in content.items()}
    content |= {"parameters": {} if temperature is None else {"temperature": temperature}, "place": place}
    if preset is None:
        Preset.objects.create(key=key, loaded=content, **content)
        report.created += 1
    elif preset.content != preset.loaded:
        report.kept.append(preset.name)
    elif preset.loaded != content:
        Preset.objects.filter(pk=preset.pk).update(loaded=content, **content)
        report.updated += 1
