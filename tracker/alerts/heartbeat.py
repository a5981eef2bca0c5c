"""The heartbeat: after good checks a URL is called, so that somebody else notices when none is.

What we cannot tell ourselves, because we do not run or cannot store, the service behind that
URL does: it alerts when no call comes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from tracker.config import heartbeat
from tracker.config.tables import General
from tracker.errors import DeliveryError, FwtrackerError

PAUSES = (1.0, 3.0)  # seconds between the attempts
LONGEST_PAUSE = 10.0  # what a Retry-After may ask for


def beat(general: General, sleep: Callable[[float], None] = time.sleep) -> str | None:
    """Call the heartbeat URL, if there is one; a warning where that did not work.

    The alert that follows is the service's: a check that was good stays good.
    """
    if not (general.heartbeat_url_env or general.heartbeat_url_file):
        return None
    call = heartbeat()
    for pause in (*PAUSES, None):
        try:
            call(general.heartbeat_url_env or None, general.heartbeat_url_file or None)
        except FwtrackerError as error:
            retriable = isinstance(error, DeliveryError) and error.retriable
            if pause is None or not retriable:
                return f"warning: the heartbeat was not taken: {error}"
            asked = error.retry_after if isinstance(error, DeliveryError) else None
            sleep(min(max(pause, asked or 0.0), LONGEST_PAUSE))
        else:
            return None
    raise AssertionError("the last attempt returns")
