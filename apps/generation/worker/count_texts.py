"""Count the tokens of texts at a model server."""

from collections.abc import Mapping

import structlog
from redis.exceptions import RedisError

from apps.endpoints.errors import EndpointError
from apps.endpoints.models import Endpoint
from apps.generation.token_counts import keep_count
from apps.generation.worker.chat_request import COUNT_TIMEOUTS
from apps.generation.worker.runtime import Runtime
from apps.inference.errors import InferenceError
from apps.inference.protocols import protocol_named

logger = structlog.get_logger(__name__)


def count_texts(*, endpoint: Endpoint, texts: Mapping[str, str], runtime: Runtime) -> None:
    """Count the texts, by name, and keep the counts. Stops at the first text that the server does not count."""
    protocol = protocol_named(endpoint.protocol)
    for name, text in texts.items():
        try:
            tokens = runtime.call(protocol.tokenize(runtime.http, endpoint.server, text, COUNT_TIMEOUTS))
            keep_count(endpoint, name, len(tokens))
        except (InferenceError, EndpointError, RedisError, OSError) as error:
            logger.warning("text not counted", endpoint=endpoint.name, error=type(error).__name__)
            return
