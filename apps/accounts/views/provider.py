"""Sign in with an OpenID Connect provider's account: the redirect to the provider, and the return."""

from http import HTTPStatus

from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from requests import RequestException

from apps.accounts.sign_in.provider import ProviderAdapter


class _AnsweringFaults:
    """Show a page if the provider is away. django-allauth handles only some of these errors."""

    adapter: ProviderAdapter

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc,no-any-return]  # of the view beside
        except (OAuth2Error, RequestException) as error:
            return render_authentication_error(request, self.adapter.get_provider(), exception=error)  # type: ignore[no-any-return]


class _There(_AnsweringFaults, OAuth2LoginView):  # type: ignore[misc]  # untyped
    """Redirect by a page: the CSP's form-action also applies to a form's redirects, and providers redirect further."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        if response.status_code != HTTPStatus.FOUND:
            return response
        context = {"address": response["Location"], "provider": self.adapter.get_provider().name}
        return render(request, "socialaccount/to_provider.html", context)


class _Back(_AnsweringFaults, OAuth2CallbackView):  # type: ignore[misc]  # untyped
    pass


def _view(kind: type[_There] | type[_Back], request: HttpRequest, provider_id: str) -> HttpResponseBase:
    try:
        return kind.adapter_view(ProviderAdapter(request, provider_id))(request)  # type: ignore[no-any-return]
    except SocialApp.DoesNotExist:
        raise Http404 from None


@never_cache
@login_not_required
def to_provider(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Ask for one click, then redirect to the provider."""
    return _view(_There, request, provider_id)


@login_not_required
def from_provider(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Sign in the person whom the provider vouches for, or say why not."""
    return _view(_Back, request, provider_id)
