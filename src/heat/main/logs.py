"""Lines of logs bear the id of the request that they are about."""

import logging
from typing import Any

from heat.cloud.client import REQUEST_ID


def bear_request_ids() -> None:
    """Give each line of this process its request's id; oslo.log then writes it by itself."""
    make = logging.getLogRecordFactory()

    def made(*args: Any, **more: Any) -> logging.LogRecord:
        record = make(*args, **more)
        record.request_id = REQUEST_ID.get()
        return record

    if not getattr(make, "bears_request_ids", False):
        made.bears_request_ids = True  # type: ignore[attr-defined]
        logging.setLogRecordFactory(made)
