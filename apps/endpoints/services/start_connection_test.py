"""Run a connection test for an endpoint, stored or not. The steps run in a worker."""

import asyncio

from celery import current_app
from django.db import transaction

from apps.accounts.models import User
from apps.endpoints.connection_test.record import Candidate, add_result, claim_record, close_record, open_record
from apps.endpoints.connection_test.run import run_steps
from apps.endpoints.connection_test.steps import ServerUnderTest
from apps.endpoints.models import Endpoint
from apps.endpoints.security.tokens import unseal

TASK_NAME = "endpoints.try_out"


def start_connection_test(*, endpoint: Endpoint, by: User) -> str:
    """Test ``endpoint`` with its unsaved changes; return the id under which ``by`` can watch.

    The sealed token passes through Redis for seconds; the task's only argument is the id. Raises ``TokenUnreadable``.
    """
    unseal(endpoint.sealed_token)
    candidate = Candidate(
        url=endpoint.url,
        protocol=endpoint.protocol,
        variant=endpoint.variant,
        size=endpoint.size,
        model_id=endpoint.model_id,
        sealed_token=endpoint.sealed_token,
    )
    test_id = open_record(candidate, owner_id=by.pk)
    transaction.on_commit(lambda: current_app.send_task(TASK_NAME, args=[test_id], retry=False))
    return test_id


def run_connection_test(*, test_id: str) -> None:
    """Run the steps of one test and report each as it ends. A second delivery does nothing."""
    candidate = claim_record(test_id)
    if candidate is None:
        return
    try:
        asyncio.run(run_steps(ServerUnderTest.of(candidate), lambda result: add_result(test_id, result)))
    finally:
        close_record(test_id)
