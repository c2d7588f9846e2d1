"""What the hardware calculator reckons with beside the models: GPUs, and how weights can be stored."""

from django.core.exceptions import ValidationError
from django.db import models

from apps.guide.models.base import FromFile


class Gpu(FromFile):
    """A kind of GPU with the memory of one card."""

    named_by = ["slug"]
    says = ["name", "memory_gb", "usable_gib", "note"]
    with_rows = ["citations"]

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    memory_gb = models.PositiveSmallIntegerField("memory, as sold (GB)")
    usable_gib = models.DecimalField(
        "usable memory (GiB)", max_digits=6, decimal_places=2, help_text="What programs see of it."
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
        """Refuse a card of which nothing could be a share."""
        super().clean()
        if self.usable_gib is not None and self.usable_gib <= 0:
            raise ValidationError({"usable_gib": "A card has some memory."})


class Quantization(FromFile):
    """A way of storing weights; what stays at 16 bit is the embedding and the output head."""

    named_by = ["slug"]
    says = ["label", "bits", "overhead_bits", "keeps_embeddings", "needs_prepared_weights", "flag", "note"]
    with_rows = ["citations"]

    slug = models.SlugField(unique=True)
    label = models.CharField(max_length=60)
    bits = models.DecimalField("bits per weight", max_digits=5, decimal_places=2)
    overhead_bits = models.DecimalField(
        "overhead, bits per weight", max_digits=5, decimal_places=2, default=0, help_text="Scales and zero points."
    )
    keeps_embeddings = models.BooleanField("keeps embeddings at 16 bit", default=False)
    needs_prepared_weights = models.BooleanField(default=False, help_text="Not made while the server starts.")
    flag = models.CharField(max_length=60, blank=True, help_text="What TGI is started with, “--quantize eetq” say.")
    note = models.CharField(max_length=300, blank=True)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.label
