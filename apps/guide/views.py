"""The public pages: the front door and the guide."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import conditional_page, require_safe

from apps.guide.models import Variant


@login_not_required
@require_safe
@conditional_page
def front(request: HttpRequest) -> HttpResponse:
    """Say what this is and open three doors."""
    return render(request, "home.html", {"variants": Variant.objects.all()})


@login_not_required
@require_safe
@conditional_page
def home(request: HttpRequest) -> HttpResponse:
    """Compare the three variants and say what follows from it."""
    return render(request, "guide/home.html", {"variants": Variant.objects.all()})
