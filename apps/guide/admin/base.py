"""Base classes of the guide's rows in the admin: preview, history with differences, and reverting.

A row that came from a file keeps its name and order, and cannot be deleted here: the next ``load_guide`` would make it
again. Everything needs Django's permission to change the row; the history needs the permission to view it.
"""

from http import HTTPStatus
from itertools import zip_longest
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.forms import BaseInlineFormSet, CharField, ModelForm, Textarea
from django.forms.formsets import all_valid
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.accounts.models import User
from apps.audit.admin_rules import AuditedAdmin, name_of
from apps.audit.models import Action
from apps.audit.services import record
from apps.guide.admin.previews import preview_of
from apps.guide.changes import find_changes
from apps.guide.errors import CannotRevert
from apps.guide.models import FromFile, Revision
from apps.guide.search.index import rebuild_index
from apps.guide.services.revise import record_change, reread, revert_to, revisions_of


class ProseField(CharField):
    """A text area that turns the CR LF of browsers into the LF of content files."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class FromFileAdmin(AuditedAdmin):
    """The admin of rows that may come from content files."""

    formfield_overrides = {
        models.TextField: {"form_class": ProseField, "widget": Textarea(attrs={"rows": 24, "cols": 100})}
    }

    @admin.display(description="edited here", boolean=True)
    def edited(self, row: FromFile) -> bool:
        return row.is_edited

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:  # noqa: ARG002
        rows: models.QuerySet[Any] = self.model.rows()
        return rows

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:  # noqa: ARG002
        fixed = [*self.model.named_by] if obj and obj.loaded_digest else []
        return fixed + (["order"] if self.model.is_ordered() else [])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.loaded_digest)

    # --- saving ---------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        form.content_before = reread(obj).content() if change else None
        if not change and self.model.is_ordered():
            last = self.model.rows().aggregate(last=models.Max("order"))["last"]
            obj.order = 0 if last is None else last + 1
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        super().save_related(request, form, formsets, change)
        row = reread(form.instance)
        by = cast("User", request.user)
        record_change(row, before=form.content_before, after=row.content(), cause=Revision.Cause.EDITED, by=by)
        transaction.on_commit(rebuild_index)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        transaction.on_commit(rebuild_index)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        super().delete_queryset(request, queryset)
        transaction.on_commit(rebuild_index)

    # --- pages of their own -----------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        name = f"guide_{self.opts.model_name}"
        view = self.admin_site.admin_view
        own = [
            path("preview/", view(self.preview_view), name=f"{name}_preview_new"),
            path("<path:object_id>/preview/", view(self.preview_view), name=f"{name}_preview"),
            path("<path:object_id>/history/<int:revision_id>/revert/", view(self.revert_view), name=f"{name}_revert"),
        ]
        return own + super().get_urls()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        name = f"admin:guide_{self.opts.model_name}_preview"
        url = reverse(name, args=[object_id]) if object_id else reverse(f"{name}_new")
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), "preview_url": url})

    @method_decorator(require_POST)
    def preview_view(self, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
        """Show the form's content as it would look on its page; save nothing."""
        row = get_object_or_404(self.model, pk=object_id) if object_id else None
        if not (self.has_change_permission(request, row) if row else self.has_add_permission(request)):
            raise PermissionDenied
        form: ModelForm[Any] = self.get_form(request, row, change=row is not None)(request.POST, instance=row)
        is_valid = form.is_valid()
        saved = self.save_form(request, form, change=row is not None) if is_valid else form.instance
        formsets = self._read_formsets(request, row, saved)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form, "formsets": formsets}
        if not (all_valid(formsets) and is_valid):
            return render(request, "admin/guide/preview.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        with transaction.atomic():
            self.save_model(request, saved, form, change=row is not None)
            self.save_related(request, form, formsets, change=row is not None)
            response = render(request, "admin/guide/preview.html", {**context, "preview": preview_of(reread(saved))})
            transaction.set_rollback(True)
        return response

    def _read_formsets(self, request: HttpRequest, row: Any, saved: Any) -> "list[BaseInlineFormSet[Any, Any, Any]]":
        """Return the inline formsets, filled with the submitted values."""
        formsets = []
        for formset, inline in self.get_formsets_with_inlines(request, row):
            prefix = formset.get_default_prefix()
            formsets.append(formset(**self.get_formset_kwargs(request, saved, inline, prefix)))
        return formsets

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """List the row's revisions, with the words that each of them removed and added."""
        row = get_object_or_404(self.model.rows(), pk=object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        revisions = list(revisions_of(row))
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": f"History: {row}",
            "opts": self.opts,
            "row": row,
            "entries": [
                (revision, find_changes(older.content, revision.content) if older else None)
                for revision, older in zip_longest(revisions, revisions[1:])
            ],
            "may_revert": self.has_change_permission(request, row),
        }
        return render(request, "admin/guide/history.html", context)

    @method_decorator(require_POST)
    def revert_view(self, request: HttpRequest, object_id: str, revision_id: int) -> HttpResponse:
        """Restore the row's content from a revision."""
        row = get_object_or_404(self.model.rows(), pk=object_id)
        revision = get_object_or_404(revisions_of(row), pk=revision_id)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        try:
            revert_to(row, revision=revision, by=cast("User", request.user))
            record(Action.RECORD_CHANGED, subject=name_of(row), details="restored from its history")
        except CannotRevert as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{row} says again what it said on {revision.made_at:%d %B %Y, %H:%M} UTC.")
        return HttpResponseRedirect(reverse(f"admin:guide_{self.opts.model_name}_history", args=[row.pk]))
