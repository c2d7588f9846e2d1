"""URL of the form."""

from django.urls import path

from apps.guide.reporting import views

urlpatterns = [path("guide/report/", views.show_report, name="report")]
