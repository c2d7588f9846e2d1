"""The form of a sign-in link's page, for clients without a browser: find it, fill it in, send it."""

from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser


def sign_in_form(page: str) -> tuple[str, Mapping[str, str]]:
    """Return the address and the fields of the page's only form."""
    [form] = LexborHTMLParser(page).css("form")
    inputs = form.css("input[name]")
    fields = {field.attributes["name"] or "": field.attributes.get("value") or "" for field in inputs}
    assert form.attributes["method"] == "post"
    return form.attributes["action"] or "", fields
