"""The guide in the admin. ``load_guide`` keeps and reports edits made here; ``export_guide`` writes them to files."""

from apps.guide.admin import derived, prose, reports, revisions, statements

__all__ = ["derived", "prose", "reports", "revisions", "statements"]
