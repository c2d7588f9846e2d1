"""State changes: endpoints, their health, and their slots."""

from apps.endpoints.services.configure import add_endpoint, remove_endpoint, save_endpoint, set_endpoint_state
from apps.endpoints.services.reseal import reseal_tokens

__all__ = ["add_endpoint", "remove_endpoint", "reseal_tokens", "save_endpoint", "set_endpoint_state"]
