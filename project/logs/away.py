"""Log a failure in one line where Postgres or Redis cannot be reached: its traceback says nothing that helps."""

import logging
from typing import override

from apps.stores.outages import is_unreachable


class NoTracebackWhileAway(logging.Filter):
    """Take the traceback off records of such failures. All others keep theirs."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and is_unreachable(record.exc_info[1]):
            record.exc_info = None
        return True
