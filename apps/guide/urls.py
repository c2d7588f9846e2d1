"""URLs of the public guide and the front page. Parts with packages of their own are included under ``guide/``."""

from django.urls import include, path

from apps.guide.views import crawlers, models, pages, prompting, reference, running

app_name = "guide"

urlpatterns = [
    path("", pages.front, name="front"),
    path("sitemap.xml", crawlers.show_sitemap, name="sitemap"),
    path("robots.txt", crawlers.show_robots, name="robots"),
    path("guide/", pages.home, name="home"),
    path("guide/variants/<slug:slug>/", pages.variant, name="variant"),
    path("guide/models/", models.show_models, name="models"),
    path("guide/models/<slug:slug>/", models.show_model, name="model"),
    path("guide/prompting/", prompting.show_prompting, name="prompting"),
    path("guide/running/", running.show_running, name="running"),
    path("guide/glossary/", reference.show_glossary, name="glossary"),
    path("guide/sources/", reference.show_sources, name="sources"),
    path("", include("apps.guide.hardware.urls")),
    path("", include("apps.guide.benchmarks.urls")),
    path("", include("apps.guide.choosing.urls")),
    path("", include("apps.guide.comparing.urls")),
    path("", include("apps.guide.search.urls")),
    path("", include("apps.guide.reporting.urls")),
    # Include the guide's packages above this line: the last pattern matches every name.
    path("guide/<slug:slug>/", pages.page, name="page"),
]
