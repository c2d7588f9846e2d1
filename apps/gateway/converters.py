"""Names of models in addresses."""

from django.urls import register_converter
from django.urls.converters import StringConverter


class ModelName(StringConverter):
    """Any text. Django's ``path`` does not match line breaks, and such names must get the API's JSON error too."""

    regex = r"[\s\S]+"


register_converter(ModelName, "model")
