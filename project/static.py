"""How static files are stored: hashed names, also inside ES module imports."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped package
    """Content-hashed names, gzip and Brotli next to them, and imports between our modules rewritten."""

    support_js_module_import_aggregation = True
