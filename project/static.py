"""The storage of static files: hashed names, also inside ES module imports."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped package
    """Content-hashed names, gzip and Brotli beside them, and rewritten imports between our modules."""

    support_js_module_import_aggregation = True
