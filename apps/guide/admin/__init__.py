"""The guide in the admin. ``load_guide`` keeps and reports what is edited here; ``export_guide`` writes it to files."""

from apps.guide.admin import derived, prose, reports, revisions, statements

__all__ = ["derived", "prose", "reports", "revisions", "statements"]
