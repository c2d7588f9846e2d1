"""Names of models in addresses."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class ModelName(StringConverter):
    """Any text, line breaks too, which Django's ``path`` does not match: unknown names are answered as JSON."""

    regex = r"[\s\S]+"


register_converter(ModelName, "model")
