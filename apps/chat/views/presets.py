"""Presets: everybody's and one's own."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.requests import WorkbenchRequest
from apps.chat.conversation_settings.preset_form import PresetForm
from apps.chat.conversation_settings.values import settings_of
from apps.chat.errors import ChatError, PresetNameTaken
from apps.chat.models import Preset
from apps.chat.selectors import find_conversation
from apps.chat.services.presets import delete_preset, leave_preset, save_preset, use_preset
from apps.chat.views.doors import conversation_or_404
from apps.chat.views.responses import say_refusals
from apps.chat.views.settings import saved
from apps.chat.views.sidebar import sidebar_for


@require_safe
@never_cache
def presets(request: WorkbenchRequest) -> HttpResponse:
    """List the presets."""
    user = request.user
    context = {
        "own": Preset.objects.owned_by(user),
        "everybodys": Preset.objects.visible_to(user).for_everybody(),
        "sidebar": sidebar_for(request),
    }
    return render(request, "chat/presets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def add(request: WorkbenchRequest) -> HttpResponse:
    """Add a preset; ``?of=`` fills the form from a conversation's settings."""
    preset = Preset(owner=request.user)
    return _edit(request, PresetForm(request.POST or None, instance=preset, initial=_settings_asked_for(request)))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit(request: WorkbenchRequest, preset_id: int) -> HttpResponse:
    """Edit one's own preset."""
    preset = get_object_or_404(Preset.objects.owned_by(request.user), pk=preset_id)
    return _edit(request, PresetForm(request.POST or None, instance=preset))


@require_POST
def delete(request: WorkbenchRequest, preset_id: int) -> HttpResponse:
    """Delete one's own preset. Conversations keep its settings."""
    preset = get_object_or_404(Preset.objects.owned_by(request.user), pk=preset_id)
    delete_preset(preset=preset)
    messages.success(request, f"The preset “{preset.name}” was deleted.")
    return redirect("chat:presets")


@require_POST
@say_refusals
def use(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Give a conversation a preset's settings, and go to a page with the preset's opening in the composer.

    An empty number restores the usual settings.
    """
    shown = conversation_or_404(request, conversation_id)
    if request.POST.get("preset") == "":
        return saved(request, leave_preset(conversation=shown), "The next reply uses the usual settings.")
    preset = preset_asked_for(request, request.POST.get("preset", ""))
    if preset is None:
        raise Http404
    shown = use_preset(preset=preset, conversation=shown)
    address = f"{shown.get_absolute_url()}?preset={preset.pk}"
    return saved(request, shown, f"The next reply uses the settings of “{preset.name}”.", address)


def preset_asked_for(request: WorkbenchRequest, number: str) -> Preset | None:
    """Return the preset of this number if the person may choose it."""
    if not number.isdecimal() or len(number) > 9:  # noqa: PLR2004 - what the column holds
        return None
    return Preset.objects.visible_to(request.user).filter(pk=int(number)).first()


def _edit(request: WorkbenchRequest, form: PresetForm) -> HttpResponse:
    sentence, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                preset = save_preset(owner=request.user, preset=form.save(commit=False))
            except PresetNameTaken as error:
                form.add_error("name", error.sentence)
                status = error.status
            except ChatError as error:
                sentence, status = error.sentence, error.status
            else:
                messages.success(request, f"The preset “{preset.name}” was saved.")
                return redirect(f"{reverse('chat:presets')}#preset-{preset.pk}")
    context = {"form": form, "sentence": sentence, "sidebar": sidebar_for(request)}
    return render(request, "chat/preset.html", context, status=status)


def _settings_asked_for(request: WorkbenchRequest) -> dict[str, object]:
    try:
        conversation_id = UUID(request.GET.get("of", ""))
    except ValueError:
        return {}
    conversation = find_conversation(request.user, conversation_id)
    return settings_of(conversation) if conversation else {}
