"""The Celery application: hands generations to workers over Redis."""

import os

from celery import Celery

from apps.stores.broker import use_ticket_transport
from project.logs.tasks import TaskLog

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

use_ticket_transport()
app = Celery("workbench")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
task_log = TaskLog()  # keep a reference: signals hold theirs weakly
task_log.connect_worker_signals()
