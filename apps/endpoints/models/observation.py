"""One observation of an endpoint."""

from typing import Self

from django.db import models
from django.db.models.functions import UUID7, Now

from apps.endpoints.choices import ObservationKind
from apps.endpoints.models.endpoint import Endpoint


class ObservationQuerySet(models.QuerySet["Observation"]):
    def since(self, moment: object) -> Self:
        return self.filter(at__gte=moment)

    def failed(self) -> Self:
        return self.filter(ok=False)


class Observation(models.Model):
    """One probe, or one reply to a person. Invalid requests are not the server's failure and are not stored.

    ``error_kind`` is the name of an error class, such as ``Unreachable``. ``duration`` is in seconds.
    """

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="observations")
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=10, choices=ObservationKind)
    ok = models.BooleanField()
    error_kind = models.CharField(max_length=50, blank=True, default="")
    seconds_to_first_token = models.FloatField(null=True, blank=True)
    tokens_per_second = models.FloatField(null=True, blank=True)
    duration = models.FloatField(null=True, blank=True)

    objects = ObservationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["endpoint", "-at"], name="observation_of_endpoint"),
            models.Index(fields=["at"], name="observation_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {'ok' if self.ok else self.error_kind}"
