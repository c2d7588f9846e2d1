"""The guide in the admin. ``load_guide`` keeps and reports what is edited here; ``export_guide`` writes it to files."""

from apps.guide.admin import prose, reports, revisions, search, statements

__all__ = ["prose", "reports", "revisions", "search", "statements"]
