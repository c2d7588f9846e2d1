"""App configuration."""

from django.apps import AppConfig


class GenerationConfig(AppConfig):
    name = "apps.generation"

    def ready(self) -> None:
        """Give the console, a layer below, the count of queued generations."""
        from apps.endpoints.console.waiting import count_with  # noqa: PLC0415 (models are loaded only now)
        from apps.generation.selectors import queued_by_variant  # noqa: PLC0415

        count_with(queued_by_variant)
