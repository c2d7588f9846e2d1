"""The addresses of the API: OpenAI's, TGI's and llama.cpp's."""

import re

# DOTALL, since a model's name may hold a line break (converters).
ADDRESS = re.compile(
    r"/v1/.*|/tgi|/tgi/.+|/generate|/generate_stream|/infill|/llama\.cpp/.+/infill",
    re.DOTALL,
)


def is_for_api(path: str) -> bool:
    """Return whether the API's views answer the path, or refuse it as JSON."""
    return ADDRESS.fullmatch(path) is not None
