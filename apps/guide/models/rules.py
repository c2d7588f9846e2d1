"""The rules by which the guide recommends a model."""

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import CharField, JSONField, PositiveSmallIntegerField, SlugField, TextChoices

from apps.guide.models.base import FromFile
from apps.guide.models.conditions import Pattern, When


class Rule(FromFile):
    """One rule of ``/guide/choose/``; ``apps/guide/choosing/rules.py`` explains its columns."""

    class Does(TextChoices):
        """The effect of a rule on the answer."""

        RANKING = "ranking", "Names the models worth considering"
        ORDER = "order", "Puts them in order"
        EXCLUSION = "exclusion", "Excludes models"
        REASON = "reason", "Says what speaks for models"
        CAUTION = "caution", "Says what to keep in mind with models"

    class By(TextChoices):
        """The measure of an order."""

        SCORES = "scores", "Published scores in the language"
        HUMANEVAL = "humaneval", "HumanEval"
        RETRIEVAL = "retrieval", "Key retrieval at the length asked for"
        SIZE = "size", "Size, the smallest first"
        REQUESTS = "requests", "Requests that fit at once"
        LISTED = "listed", "The list of the rule"

    named_by = ["slug"]
    says = ["kind", "when", "models", "by", "text", "otherwise"]
    with_rows = ["citations"]

    slug = SlugField(unique=True)
    kind = CharField(max_length=12, choices=Does)
    when = JSONField(default=dict, blank=True, help_text="The answers under which it holds; {} for all.")
    models = ArrayField(CharField(max_length=20), default=list, blank=True, help_text="Slugs or patterns.")
    by = CharField(max_length=12, choices=By, blank=True, help_text="Of an order: what it goes by.")
    text = CharField(max_length=300)
    otherwise = CharField(max_length=300, blank=True, help_text="Of a ranking: why not the other models.")
    order = PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return f"{self.slug} ({self.get_kind_display()})"

    def clean(self) -> None:
        """Refuse conditions and models that the decision could not read."""
        super().clean()
        for name, wanted in (("when", When), ("models", list[Pattern])):
            try:
                msgspec.convert(getattr(self, name), wanted)
            except msgspec.ValidationError as error:
                raise ValidationError({name: f"{error}."}) from None
