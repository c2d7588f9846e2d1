"""Redirect the admin's sign-in to the site's own page: most people have a link and no password."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse


@login_not_required
def admin_login(request: HttpRequest) -> HttpResponse:
    """Send anonymous visitors to the sign-in page; answer 404 to people who are not staff."""
    if request.user.is_authenticated:
        raise Http404
    return redirect_to_login(request.GET.get("next", "/admin/"))
