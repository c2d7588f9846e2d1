"""Changes of state: which model servers exist, how they are doing, and who has a place on them."""

from apps.endpoints.services.configure import add_endpoint, remove_endpoint, save_endpoint, set_endpoint_state
from apps.endpoints.services.reseal import reseal_tokens

__all__ = ["add_endpoint", "remove_endpoint", "reseal_tokens", "save_endpoint", "set_endpoint_state"]
