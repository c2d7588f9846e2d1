"""App configuration."""

from django.apps import AppConfig


class GenerationConfig(AppConfig):
    name = "apps.generation"

    def ready(self) -> None:
        """Register with the layers below: for the queue's count, the export of accounts and people who leave."""
        from apps.accounts.export import export_with  # noqa: PLC0415 (models are loaded only now)
        from apps.accounts.people import person_leaves  # noqa: PLC0415
        from apps.endpoints.console.waiting import count_with  # noqa: PLC0415 (models are loaded only now)
        from apps.generation.selectors import queued_by_variant  # noqa: PLC0415
        from apps.generation.services.leaving import export_generations, on_person_leaves  # noqa: PLC0415

        count_with(queued_by_variant)
        export_with(export_generations)
        person_leaves.connect(on_person_leaves)
