"""Log a failure in one line if Postgres or Redis cannot be reached: the traceback would not help."""

import logging
from typing import override

from apps.stores.outages import is_unreachable


class NoTracebackWhileAway(logging.Filter):
    """Remove the traceback from records of such failures. All other records keep theirs."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and is_unreachable(record.exc_info[1]):
            record.exc_info = None
        return True
