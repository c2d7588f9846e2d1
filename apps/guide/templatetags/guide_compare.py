"""Template tags of the comparison."""

from django import template

from apps.guide.comparing.state import State

register = template.Library()


@register.filter
def sorted_query(state: State, sort: str) -> str:
    """Return the query string of the state, sorted by that row."""
    return state.sorted_by(sort).query


@register.filter
def falling_query(state: State, sort: str) -> str:
    """Return the query string of the state, sorted by that row with the largest first."""
    return state.sorted_by(f"-{sort}").query
