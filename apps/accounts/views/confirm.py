"""Confirm one's identity before a change to one's account."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

type View = Callable[..., HttpResponseBase]


def with_a_way(view: View) -> View:
    """Redirect people without password and second factor back to their account."""

    @wraps(view)
    def confirm(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not get_adapter(request).get_reauthentication_methods(request.user):
            return redirect("accounts:account")
        return view(request, *args, **kwargs)

    return confirm
