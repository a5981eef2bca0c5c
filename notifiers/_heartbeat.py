"""The dead man's switch: a URL that is called while all is well, and missed when it is not.

One call. When to make it, and how often to try, is the tracker's.
"""

from __future__ import annotations

from notifiers._post import check_url, get
from notifiers._secret import read_secret

LIMIT_SECONDS = 5.0
WHAT = "the heartbeat URL"


def call(url_env: str | None, url_file: str | None) -> None:
    """GET the URL once; its answer counts, not the attempt.

    Raises:
        UsageError: the URL is not there or is none.
        DeliveryError: the answer was no success.
    """
    url = read_secret(url_env, url_file, WHAT)
    check_url(url, WHAT)
    get(url, timeout=LIMIT_SECONDS)
