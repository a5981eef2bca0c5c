"""`[verify]`: what `fwtracker verify` would read before it dials anything."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tracker.config import Config
from tracker.config.tables import VerifyConfig
from tracker.doctor.diagnosis import Diagnosis, catch_errors
from tracker.doctor.pages import PROXIES
from tracker.doctor.versions import Newest


def check_verify(config: Config, newest: Newest) -> Iterator[Diagnosis]:
    """Check the authorities, the source address, the proxy, and names that no page has."""
    own = config.verify
    if own == VerifyConfig():
        return
    yield from catch_errors("verify", _check_means(own))
    for wildcard in newest.find_unknown(own.children):
        text = f"[verify] children: the newest version of no source has {wildcard}"
        yield Diagnosis.warning("verify", text, "write it as the page does, or remove it")
    known = {row.only_for.lower() for row in newest.entries if row.only_for}
    for site in own.sites if newest.is_complete else ():
        if site.lower() not in known:
            text = f'[verify] sites: no row of the newest versions is only for "{site}"'
            yield Diagnosis.warning("verify", text, "write it as the page does, or remove it")


def _check_means(own: VerifyConfig) -> Iterator[Diagnosis]:
    from tracker.verify.connect import check_source, parse_proxy  # noqa: PLC0415
    from tracker.verify.known_children import KNOWN_ISSUERS  # noqa: PLC0415
    from tracker.verify.tls import load_authorities  # noqa: PLC0415

    load_authorities(own.ca_file, own.issuers, KNOWN_ISSUERS)
    yield Diagnosis.good("verify", f"authorities: {own.ca_file or 'those of browsers'}")
    if own.source_address:
        check_source(own.source_address)
    if own.proxy == "env":
        url = next((os.environ[name] for name in PROXIES if os.environ.get(name)), None)
        if url is None:
            text = '[verify] proxy is "env", and no proxy is in the environment'
            yield Diagnosis.bad("verify", text, f"set one of {', '.join(PROXIES)}")
    else:
        url = own.proxy
    if url:
        parse_proxy(url)
