"""Which edition of the guide the database holds."""

from uuid import UUID, uuid4

from django.db import models

# Tables whose rows are on the guide's pages. The others are made from these, or are about their past.
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
    "source",
    "term",
    "variant",
)


class EditionQuerySet(models.QuerySet["Edition"]):
    """The one edition there is."""

    def token(self) -> UUID | None:
        """Return the token, or nothing in a database that nobody has written to; one query."""
        return self.values_list("token", flat=True).first()

    def renew(self) -> None:
        """Let it be another edition from the end of this transaction on; others that write wait until then."""
        self.update_or_create(pk=1, defaults={"token": uuid4()})


class Edition(models.Model):
    """One row, whose token is another after every change of what the guide says, whoever makes it and by whatever.

    Triggers of the tables in ``WRITTEN`` see to it (migration 0005). They take the row before a statement touches any
    other, so that two who write wait for each other here, and nowhere crosswise.
    """

    token = models.UUIDField()

    objects = EditionQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.token)
