"""Pages behind the links to runs."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.playground.display import shown_outputs
from apps.playground.models import Run


@login_not_required
@require_GET
@never_cache
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show a run to signed-in people, or with ``SHARE_LINKS_PUBLIC`` to everybody."""
    if not (settings.SHARE_LINKS_PUBLIC or request.user.is_authenticated):
        return redirect_to_login(request.get_full_path())
    run = get_object_or_404(Run.objects.shared().with_outputs().select_related("owner"), share_token=token)
    response = render(request, "playground/shared.html", {"run": run, "outputs": shown_outputs(run, may_decide=False)})
    response["X-Robots-Tag"] = "noindex, nofollow"
    # The address is a secret: a referrer would give it to every page linked from here.
    response["Referrer-Policy"] = "no-referrer"
    return response
