"""Every URL of the project."""

from django.contrib import admin
from django.urls import include, path

from apps.gateway.views.description import describe
from project import health, metrics, styleguide
from project.admin_login import admin_login

handler500 = "project.http.failures.answer_failure"

urlpatterns = [
    path("", include("apps.guide.urls")),
    path("accounts/", include("apps.accounts.urls")),
    path("usage/", include("apps.usage.urls")),
    path("accounts/", include("apps.accounts.sign_in.allauth_urls")),
    path("chat/", include("apps.chat.urls")),
    path("playground/", include("apps.playground.urls")),
    path("v1/", include("apps.gateway.urls")),
    path("", include("apps.gateway.tgi.urls")),
    path("", include("apps.gateway.llama_cpp.urls")),
    path("openapi.json", describe, name="openapi"),
    path("endpoints/", include("apps.endpoints.urls")),
    path("admin/login/", admin_login),
    path("admin/", admin.site.urls),
    path("styleguide/", styleguide.show_styleguide, name="styleguide"),
    path("metrics", metrics.metrics, name="metrics"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("readyz/worker", health.readyz, {"role": "worker"}, name="readyz_worker"),
]
