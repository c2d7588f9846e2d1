"""``migrate``, which first puts back what an interrupted restore had set aside."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connections

from apps.embedded.engines.dumps import DumpError, put_back_interrupted
from apps.embedded.versions import too_old

PUT_BACK = "A restore was interrupted. The data from before it is back; run restore again."
UNDER_WAY = "A restore is under way or was interrupted. {} Then run this again: it puts back the data from before it."


class Command(migrate.Command):
    """Put back the old schema first: after a killed restore, ``migrate`` would fill an empty schema instead."""

    def handle(self, *args: Any, **options: Any) -> None:
        _check_version(options["database"])
        only_looks = options.get("plan") or options.get("check_unapplied")
        if options["database"] == DEFAULT_DB_ALIAS and not only_looks:
            try:
                if put_back_interrupted():
                    self.stderr.write(PUT_BACK)
            except DumpError as error:
                raise CommandError(UNDER_WAY.format(error)) from None
        super().handle(*args, **options)


def _check_version(database: str) -> None:
    connection = connections[database]
    try:
        connection.ensure_connection()
    except NotSupportedError as error:  # the server is older than Django supports
        raise CommandError(str(error)) from None
    if refusal := too_old(connection.connection.info.server_version):
        raise CommandError(refusal)
