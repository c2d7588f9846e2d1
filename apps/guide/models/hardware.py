"""The calculator's tables beside the models: machines, weight formats, and servers."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models

from apps.guide.models.base import FromFile


class Gpu(FromFile):
    """A kind of GPU with the memory of one card, or a machine whose memory a model can use."""

    class Machine(models.TextChoices):
        """The kind of machine, by which a server says what it runs on."""

        NVIDIA = "nvidia", "NVIDIA GPU"
        APPLE = "apple", "Apple silicon"
        CPU = "cpu", "CPU and RAM"

    named_by = ["slug"]
    says = ["name", "machine", "memory_gb", "usable_gib", "capability", "aliases", "note"]
    with_rows = ["citations"]

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    machine = models.CharField(max_length=12, choices=Machine, default=Machine.NVIDIA)
    memory_gb = models.PositiveSmallIntegerField("memory, as sold (GB)")
    usable_gib = models.DecimalField(
        "usable memory (GiB)", max_digits=6, decimal_places=2, help_text="What programs see of it."
    )
    capability = models.DecimalField(
        "compute capability",
        max_digits=3,
        decimal_places=1,
        null=True,
        blank=True,
        help_text="Of an NVIDIA GPU, 8.6 say.",
    )
    aliases = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, help_text="Other names, in small letters."
    )
    note = models.CharField(max_length=300, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "slug"]
        verbose_name = "GPU"
        verbose_name_plural = "GPUs"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a card of which nothing could be a share, and an NVIDIA GPU without its capability."""
        super().clean()
        if self.usable_gib is not None and self.usable_gib <= 0:
            raise ValidationError({"usable_gib": "A card has some memory."})
        if (self.machine == self.Machine.NVIDIA) != (self.capability is not None):
            raise ValidationError({"capability": "An NVIDIA GPU has a compute capability, and nothing else has."})


class Quantization(FromFile):
    """A way of storing weights. Only the embedding and the output head may stay at 16 bits."""

    named_by = ["slug"]
    says = [
        "label",
        "bits",
        "overhead_bits",
        "keeps_embeddings",
        "needs_prepared_weights",
        "least_capability",
        "group_size",
        "flag",
        "note",
    ]
    with_rows = ["citations"]

    slug = models.SlugField(unique=True)
    label = models.CharField(max_length=60)
    bits = models.DecimalField("bits per weight", max_digits=6, decimal_places=4)
    overhead_bits = models.DecimalField(
        "overhead, bits per weight", max_digits=5, decimal_places=2, default=0, help_text="Scales and zero points."
    )
    keeps_embeddings = models.BooleanField("keeps embeddings at 16 bit", default=False)
    needs_prepared_weights = models.BooleanField(default=False, help_text="Not made while the server starts.")
    least_capability = models.DecimalField(
        "least compute capability", max_digits=3, decimal_places=1, default=0, help_text="Of an NVIDIA GPU."
    )
    group_size = models.PositiveSmallIntegerField(
        default=0, help_text="Weights that share a scale and must stay on one card; 0 where that limits nothing."
    )
    flag = models.CharField(max_length=60, blank=True, help_text="What TGI is started with, “--quantize eetq” say.")
    note = models.CharField(max_length=300, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.label


class Server(FromFile):
    """A model server: its machines, its formats, and the command that starts it."""

    class Split(models.TextChoices):
        """The way in which a server uses several cards."""

        TENSOR = "tensor", "Splits every layer over the cards"
        LAYERS = "layers", "Puts some layers on each card"

    named_by = ["slug"]
    says = [
        "name",
        "machines",
        "split",
        "lines",
        "formats",
        "caches",
        "formats_70b",
        "then",
        "longer",
        "least_capability",
        "note",
    ]
    with_rows = ["citations"]

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    machines: "models.JSONField[Any, Any]" = models.JSONField(help_text="What it runs on: its options.")
    least_capability = models.DecimalField(max_digits=3, decimal_places=1, default=0)
    split = models.CharField(max_length=12, choices=Split)
    lines = ArrayField(models.CharField(max_length=200), help_text="Lines of the command, with {model} and so on.")
    formats: "models.JSONField[Any, Any]" = models.JSONField(help_text="By weight format: its options.")
    caches: "models.JSONField[Any, Any]" = models.JSONField(help_text="By KV cache: its options.")
    formats_70b: "models.JSONField[Any, Any]" = models.JSONField(
        "formats, 70B", default=dict, blank=True, help_text="Where 70B wants other options."
    )
    then = models.CharField(max_length=200, blank=True, help_text="A second command.")
    longer = models.CharField(
        max_length=120, blank=True, help_text="Options for more tokens than the model is configured for."
    )
    note = models.CharField(max_length=400, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.name
