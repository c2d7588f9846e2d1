"""The Django project: settings, URLs, ASGI and Celery."""

from project.celery import app as celery_app

__all__ = ["celery_app"]
