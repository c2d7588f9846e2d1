"""The edition of the guide in the database."""

from uuid import UUID, uuid4

from django.db import models

# Tables with rows on the guide's pages. Other tables are derived from these, or hold their history.
WRITTEN = (
    "attribute",
    "benchmark",
    "cell",
    "citation",
    "codemodel",
    "fact",
    "feature",
    "gpu",
    "page",
    "quantization",
    "reading",
    "rule",
    "score",
    "section",
    "server",
    "source",
    "term",
    "variant",
)


class EditionQuerySet(models.QuerySet["Edition"]):
    """Reads and changes of the single row."""

    def token(self) -> UUID | None:
        """Return the token, or nothing in a database that nobody has written to; one query."""
        return self.values_list("token", flat=True).first()

    def is_loaded(self, fingerprint: str) -> bool:
        """Tell whether a load of these files was the last change of the guide."""
        return self.filter(loaded_fingerprint=fingerprint, loaded_token=models.F("token")).exists()

    def mark_loaded(self, fingerprint: str) -> None:
        """Remember these files as the last change of the guide."""
        self.update(loaded_fingerprint=fingerprint, loaded_token=models.F("token"))

    def renew(self) -> None:
        """Start a new edition when this transaction commits; other writers of the guide wait until then."""
        self.update_or_create(pk=1, defaults={"token": uuid4()})


class Edition(models.Model):
    """One row, whose token changes with every change of the guide, whoever makes it and by whatever means.

    Triggers on the tables in ``WRITTEN`` renew it (migration 0005). They lock this row before a statement touches any
    other row, so that two writers queue here and cannot deadlock.

    ``loaded_fingerprint`` names the files of the last load, ``loaded_token`` the edition that it left.
    """

    token = models.UUIDField()
    loaded_fingerprint = models.CharField(max_length=64, default="", db_default="", editable=False)
    loaded_token = models.UUIDField(null=True, editable=False)

    objects = EditionQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.token)
