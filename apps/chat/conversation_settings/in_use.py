"""The preset whose settings are in use."""

from collections.abc import Iterable
from typing import Any

from apps.chat.conversation_settings.values import Settings
from apps.chat.models import Preset


def preset_in_use(presets: Iterable[Preset], chosen: Settings) -> Preset | None:
    """Return the first preset whose settings are the chosen ones, whichever endpoint answers.

    Settings are copied from presets. A preset is not in use if its settings were changed afterwards, or if it has none.
    """
    given = _given(chosen)
    return next((preset for preset in presets if given and _given(preset.settings) == given), None)


def _given(chosen: Settings) -> dict[str, Any]:
    return {name: value for name, value in chosen.items() if name != "endpoint" and value not in (None, "")}
