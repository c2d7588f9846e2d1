"""Endpoints, their observations, and their changes."""

from apps.endpoints.choices import Capability, Health, ObservationKind, Protocol, Size, State, Variant
from apps.endpoints.models.change import EndpointChange
from apps.endpoints.models.endpoint import Endpoint
from apps.endpoints.models.observation import Observation

__all__ = [
    "Capability",
    "Endpoint",
    "EndpointChange",
    "Health",
    "Observation",
    "ObservationKind",
    "Protocol",
    "Size",
    "State",
    "Variant",
]
