"""Every address of the project, and who may use it.

The table is complete: tests fail for an address that it lacks, so that new addresses state their access.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto

from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver


class For(Enum):
    """The people who may use an address."""

    EVERYBODY = auto()
    SIGNED_IN = auto()  # each sees their own
    OWNER = auto()  # to all others, staff among them, it is not there
    STAFF = auto()  # to all others it is not there
    ADMIN = auto()  # staff; others are led to a sign-in that is not there for them
    KEY = auto()  # whoever sends an API key
    OWNERS_KEY = auto()


# Rows of the guide can be previewed and taken back in the admin.
GUIDE = (
    *("variant", "feature", "cell", "codemodel", "attribute", "fact", "benchmark", "score"),
    *("page", "section", "term", "source", "gpu", "quantization", "server", "rule"),
)
EXPECTED = {
    "guide:front": For.EVERYBODY,
    "guide:sitemap": For.EVERYBODY,
    "guide:robots": For.EVERYBODY,
    "guide:home": For.EVERYBODY,
    "guide:variant": For.EVERYBODY,
    "guide:models": For.EVERYBODY,
    "guide:model": For.EVERYBODY,
    "guide:prompting": For.EVERYBODY,
    "guide:running": For.EVERYBODY,
    "guide:glossary": For.EVERYBODY,
    "guide:sources": For.EVERYBODY,
    "guide:hardware": For.EVERYBODY,
    "guide:hardware_json": For.EVERYBODY,
    "guide:benchmarks": For.EVERYBODY,
    "guide:choose": For.EVERYBODY,
    "guide:choose_json": For.EVERYBODY,
    "guide:compare": For.EVERYBODY,
    "guide:compare_csv": For.EVERYBODY,
    "guide:compare_json": For.EVERYBODY,
    "guide:search": For.EVERYBODY,
    "guide:report": For.EVERYBODY,
    "guide:page": For.EVERYBODY,
    "accounts:sign_in": For.EVERYBODY,
    "accounts:sign_in_link": For.EVERYBODY,
    "accounts:sign_out": For.EVERYBODY,
    "accounts:account": For.SIGNED_IN,
    "accounts:model_titles": For.SIGNED_IN,
    "accounts:end_session": For.OWNER,
    "accounts:export": For.SIGNED_IN,
    "accounts:delete_account": For.SIGNED_IN,
    "accounts:join": For.EVERYBODY,  # whoever has an invitation
    "accounts:people": For.STAFF,
    "accounts:person": For.STAFF,
    "accounts:make_link": For.STAFF,
    "accounts:change_person": For.STAFF,
    "accounts:change_groups": For.STAFF,
    "accounts:withdraw": For.STAFF,
    "accounts:end_other_sessions": For.SIGNED_IN,
    "account_login": For.EVERYBODY,
    "account_logout": For.EVERYBODY,
    "account_inactive": For.EVERYBODY,
    "account_reauthenticate": For.SIGNED_IN,
    "account_change_password": For.SIGNED_IN,
    "account_set_password": For.SIGNED_IN,
    "mfa_authenticate": For.EVERYBODY,  # whoever has shown a password or a link; others are led to the sign-in
    "mfa_login_webauthn": For.EVERYBODY,
    "mfa_remove_webauthn": For.OWNER,
    "mfa_edit_webauthn": For.OWNER,
    "mfa_deactivate_totp": For.OWNER,
    "mfa_view_recovery_codes": For.OWNER,
    "mfa_download_recovery_codes": For.OWNER,
    "mfa_reauthenticate": For.SIGNED_IN,
    "mfa_reauthenticate_webauthn": For.SIGNED_IN,
    "mfa_index": For.SIGNED_IN,
    "mfa_activate_totp": For.SIGNED_IN,
    "mfa_generate_recovery_codes": For.SIGNED_IN,
    "mfa_list_webauthn": For.SIGNED_IN,
    "mfa_add_webauthn": For.SIGNED_IN,
    "socialaccount_connections": For.SIGNED_IN,
    "socialaccount_login_cancelled": For.EVERYBODY,
    "socialaccount_login_error": For.EVERYBODY,
    "socialaccount_signup": For.EVERYBODY,
    "openid_connect_login": For.EVERYBODY,
    "openid_connect_callback": For.EVERYBODY,
    "accounts:keys": For.SIGNED_IN,
    "accounts:revoke_key": For.OWNER,
    "chat:home": For.SIGNED_IN,
    "chat:ask": For.SIGNED_IN,
    "chat:dismiss_first_steps": For.SIGNED_IN,
    "chat:sidebar": For.SIGNED_IN,
    "chat:search": For.SIGNED_IN,
    "chat:search_everything": For.SIGNED_IN,
    "chat:palette": For.SIGNED_IN,
    "chat:import": For.SIGNED_IN,
    "chat:shares": For.SIGNED_IN,
    "chat:revoke_share": For.OWNER,
    "chat:shared": For.SIGNED_IN,
    "chat:shared_file": For.SIGNED_IN,
    "chat:shared_file_text": For.SIGNED_IN,
    "chat:presets": For.SIGNED_IN,
    "chat:add_preset": For.SIGNED_IN,
    "chat:folders": For.SIGNED_IN,
    "chat:add_folder": For.SIGNED_IN,
    "chat:folder": For.OWNER,
    "chat:delete_folder": For.OWNER,
    "chat:move": For.OWNER,
    "chat:edit_preset": For.OWNER,
    "chat:delete_preset": For.OWNER,
    "chat:use_preset": For.OWNER,
    "chat:select": For.SIGNED_IN,
    "chat:archived": For.SIGNED_IN,
    "chat:context_usage": For.SIGNED_IN,
    "chat:servers": For.SIGNED_IN,
    "chat:models": For.SIGNED_IN,
    "chat:attach": For.SIGNED_IN,
    "chat:attachment": For.OWNER,
    "chat:attachment_text": For.OWNER,
    "chat:remove_attachment": For.OWNER,
    "chat:conversation": For.OWNER,
    "chat:manage": For.OWNER,
    "chat:settings": For.OWNER,
    "chat:use_any": For.OWNER,
    "chat:use_server": For.OWNER,
    "chat:rename": For.OWNER,
    "chat:pin": For.OWNER,
    "chat:keep": For.OWNER,
    "chat:archive": For.OWNER,
    "chat:share": For.OWNER,
    "chat:export_json": For.OWNER,
    "chat:export_markdown": For.OWNER,
    "chat:delete": For.OWNER,
    "chat:restore": For.OWNER,
    "chat:events": For.OWNER,
    "chat:changes": For.OWNER,
    "chat:queue": For.OWNER,
    "chat:unqueue": For.OWNER,
    "chat:send_now": For.OWNER,
    "chat:stop": For.OWNER,
    "chat:message": For.OWNER,
    "chat:gap": For.OWNER,
    "chat:continue": For.OWNER,
    "chat:retry": For.OWNER,
    "chat:delete_exchange": For.OWNER,
    "chat:fork": For.OWNER,
    "chat:text": For.OWNER,
    "chat:rate": For.OWNER,
    "chat:info": For.OWNER,
    "chat:request_body": For.OWNER,
    "chat:edit": For.OWNER,
    "chat:version": For.OWNER,
    "playground:runs": For.SIGNED_IN,
    "playground:complete": For.SIGNED_IN,
    "playground:fill": For.SIGNED_IN,
    "playground:side-by-side": For.SIGNED_IN,
    "playground:shared": For.SIGNED_IN,
    "playground:open": For.SIGNED_IN,
    "playground:colours": For.SIGNED_IN,
    "playground:run": For.OWNER,
    "playground:events": For.OWNER,
    "playground:stop": For.OWNER,
    "playground:again": For.OWNER,
    "playground:share": For.OWNER,
    "playground:revoke": For.OWNER,
    "playground:delete": For.OWNER,
    "playground:accept": For.OWNER,
    "playground:dismiss": For.OWNER,
    "playground:undo": For.OWNER,
    "playground:continue": For.OWNER,
    "playground:sent": For.OWNER,
    "playground:text": For.OWNER,
    "usage:own": For.SIGNED_IN,
    "usage:everybody": For.STAFF,
    "usage:everybody_csv": For.STAFF,
    "usage:everybody_json": For.STAFF,
    "gateway:usage": For.KEY,
    "gateway:models": For.KEY,
    "gateway:model": For.KEY,
    "gateway:chat_completions": For.KEY,
    "gateway:completions": For.KEY,
    "gateway:generation": For.OWNERS_KEY,
    "gateway:generation_events": For.OWNERS_KEY,
    "gateway:cancel_generation": For.OWNERS_KEY,
    "gateway:root": For.EVERYBODY,
    "gateway:unknown": For.EVERYBODY,
    "tgi:generate": For.KEY,
    "tgi:generate_stream": For.KEY,
    "tgi:root": For.KEY,
    "tgi:model_generate": For.KEY,
    "tgi:model_generate_stream": For.KEY,
    "tgi:model_root": For.KEY,
    "llama_cpp:infill": For.KEY,
    "llama_cpp:model_infill": For.KEY,
    "openapi": For.EVERYBODY,
    "endpoints:list": For.STAFF,
    "endpoints:add": For.STAFF,
    "endpoints:test_new": For.STAFF,
    "endpoints:look": For.STAFF,
    "endpoints:connection_test": For.STAFF,
    "endpoints:change": For.STAFF,
    "endpoints:activity": For.STAFF,
    "endpoints:delete": For.STAFF,
    "endpoints:state": For.STAFF,
    "endpoints:test": For.STAFF,
    "/admin/login/": For.EVERYBODY,
    "admin:login": For.EVERYBODY,
    "admin:logout": For.EVERYBODY,
    "admin:index": For.ADMIN,
    "admin:app_list": For.ADMIN,
    "admin:autocomplete": For.ADMIN,
    "admin:jsi18n": For.ADMIN,
    "admin:password_change_done": For.ADMIN,
    "admin:view_on_site": For.ADMIN,
    "admin:/admin/(?P<url>.*)$": For.ADMIN,
    **{f"admin:guide_{model}_{view}": For.ADMIN for model in GUIDE for view in ("preview_new", "preview", "revert")},
    "styleguide": For.STAFF,
    "metrics": For.EVERYBODY,  # on the loopback interface
    "healthz": For.EVERYBODY,
    "readyz": For.EVERYBODY,
    "readyz_worker": For.EVERYBODY,
}
# Views that look things up in threads of their own, where a test's transaction cannot be seen.
API = ("gateway:", "tgi:", "llama_cpp:")
ELSEWHERE = ("chat:events", "playground:events", *API)
# Django makes these for each model of the admin.
OF_A_MODEL = re.compile(r"admin:(?:\w+_(?:changelist|add|history|delete|change)|/admin/\w+/\w+/<path:object_id>/)")


def names(resolver: URLResolver, namespace: str = "", prefix: str = "/") -> Iterator[tuple[str, str]]:
    """The name of each address, or the address where it has none, and its pattern."""
    for pattern in resolver.url_patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            yield (f"{namespace}{pattern.name}" if pattern.name else f"{namespace}{path}"), path
        else:
            yield from names(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace, path)


ALL = dict(names(get_resolver()))


def audience_of(name: str) -> For | None:
    return For.ADMIN if OF_A_MODEL.fullmatch(name) else EXPECTED.get(name)
