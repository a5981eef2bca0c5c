"""Other people's loggers kept quiet: they tell URLs, and a URL is a secret here."""

from __future__ import annotations


def hush(*names: str) -> None:
    """Let these loggers and those below them tell errors at most.

    Set for the process, not for a while: a connection that is closed later tells its URL
    later. Those that are quieter stay so. httpx tells every URL at INFO, httpcore and
    urllib3 at DEBUG, urllib3 some at WARNING.
    """
    import logging  # noqa: PLC0415

    for name in names:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.ERROR))
