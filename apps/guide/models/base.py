"""The base of all rows of the guide: a file may have written them, and they can be spelled as in a file."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import QuerySet


def digest(content: dict[str, Any]) -> str:
    """Return the SHA-256 of a row's content, in hexadecimal."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def plain(number: Decimal) -> Decimal:
    """Return a number without the zeros that its column adds: ``33.5000`` is 33.5, and ``4096.0000`` is 4096."""
    shorter = number.normalize()
    return shorter.quantize(Decimal(1)) if shorter == shorter.to_integral() else shorter


def spell(value: Any) -> Any:
    """Return a column's value as content files write it; a referenced row is spelled as its identity."""
    if isinstance(value, FromFile):
        return value.identity
    return plain(value) if isinstance(value, Decimal) else value


def identify(names: Iterable[Any]) -> str:
    """Return the identity made of a row's names, without empty names."""
    return "/".join(str(name) for name in names if name)


class StatementKind(models.TextChoices):
    """The kind of evidence for a statement."""

    VENDOR = "vendor", "Vendor’s statement"
    PAPER = "paper", "Paper’s result"
    COMPUTED = "computed", "Computed here"
    MEASURED = "measured", "Measured here"
    JUDGEMENT = "judgement", "Our judgement"


class FromFile(models.Model):
    """A row that ``load_guide`` may have written; an empty digest means that it was made in the admin.

    ``named_by`` are the columns that name the row and never change, ``says`` those with its content, ``with_rows`` what
    else belongs to it: its citations and readings. A column ``order`` is no content: it is the place in the file.
    """

    named_by: ClassVar[Sequence[str]]
    says: ClassVar[Sequence[str]]
    with_rows: ClassVar[Sequence[str]] = ()

    loaded_digest = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def rows(cls) -> QuerySet[Self]:
        """Return all rows with everything that ``content()`` and ``identity`` read, in a few queries."""
        found = cls._default_manager.all()
        if references := cls.references():
            found = found.select_related(*references)
        nested = [f"{name}__citations__source" if name == "readings" else f"{name}__source" for name in cls.with_rows]
        return found.prefetch_related(*nested)

    @classmethod
    def references(cls) -> dict[str, type["FromFile"]]:
        """Return the columns that refer to another row of the guide, each with that row's model."""
        fields = [cls._meta.get_field(name) for name in (*cls.named_by, *cls.says)]
        return {
            field.name: field.related_model
            for field in fields
            if isinstance(field, models.ForeignKey) and issubclass(field.related_model, FromFile)
        }

    @classmethod
    def is_ordered(cls) -> bool:
        """Tell whether the order in the file is the order on pages."""
        return any(field.name == "order" for field in cls._meta.fields)

    @property
    def identity(self) -> str:
        """The row's name in content files and reports; it never changes."""
        return identify(self.naming().values())

    def naming(self) -> dict[str, Any]:
        """Return the columns that name the row, as its content file spells them."""
        return {name: spell(getattr(self, name)) or "" for name in self.named_by}

    @property
    def is_edited(self) -> bool:
        """Return whether the row differs from the last load; a row made in the admin counts as edited."""
        return digest(self.content()) != self.loaded_digest

    def content(self) -> dict[str, Any]:
        """Return the row as its content file spells it, without its identity."""
        content = {name: spell(getattr(self, name)) for name in self.says}
        for name in self.references():
            if name in content and content[name] is None:
                content[name] = ""
        if "citations" in self.with_rows:
            content["sources"] = [citation.spelling for citation in getattr(self, "citations").all()]  # noqa: B009
        return content
