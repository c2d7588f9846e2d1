"""Fixtures of accounts."""

from tests.support.openid_provider import provider

__all__ = ["provider"]
