"""The tables of the configuration file as types: the meaning and the values of each key.

They contain no secrets, only the names of environment variables or files that contain them.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from tracker.change_set import Impact
from tracker.model import Requirement

_HOST_OR_WILDCARD = r"^(\*\.)?(?!-)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$"


class ConfigSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file; unknown keys are errors."""


class GeneralConfig(ConfigSection, frozen=True):
    """`[fwtracker]`: where snapshots are kept, when `serve` checks, how long removals wait.

    `jitter` is the most seconds by which a scheduled check is delayed. `public_url` is the
    public address of the snapshots folder, for links from outside. `formats` are those of the
    rule files; None means all. `names_below` allows opening a host with its subdomains if a
    platform cannot open only the host. After `full_fetch_hours` a page is fetched
    unconditionally, even if its server reports no change.
    """

    snapshots: str = "snapshots"
    schedule: str = "17 * * * *"
    jitter: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 60
    full_fetch_hours: Annotated[int, msgspec.Meta(ge=1, le=8760)] = 24
    grace_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 7
    formats: tuple[str, ...] | None = None
    names_below: bool = True
    public_url: Annotated[str, msgspec.Meta(pattern=r"^(https?://[!-~]+)?$")] = ""
    heartbeat_url_env: str = ""
    heartbeat_url_file: str = ""

    def __post_init__(self) -> None:
        if self.heartbeat_url_env and self.heartbeat_url_file:
            raise ValueError("set one of `heartbeat_url_env` and `heartbeat_url_file`")


class SigningConfig(ConfigSection, frozen=True):
    """`[signing]`: the place of the key that signs `manifest.json` and `version.json`.

    It is a private Ed25519 key of OpenSSH without a passphrase. Without it nothing is signed.
    """

    key_env: str = ""
    key_file: str = ""

    def __post_init__(self) -> None:
        if self.key_env and self.key_file:
            raise ValueError("set one of `key_env` and `key_file`")

    @property
    def place(self) -> str:
        """The variable or the file of the key; empty if nothing is signed."""
        return self.key_env or self.key_file


class HealthConfig(ConfigSection, frozen=True):
    """`[health]`: the number of failed checks, or hours without a good one, before a notice."""

    failures: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    stale_hours: Annotated[int, msgspec.Meta(ge=1, le=8760)] = 24

    @property
    def gap_hours(self) -> float:
        """The length of a gap before a good check from which it reports the gap.

        It is longer than `stale_hours`: a daily check is never exactly a day after the last.
        """
        return self.stale_hours * 1.5


class TokenConfig(ConfigSection, frozen=True):
    """`[[serve.tokens]]`: requests for paths that start with `path` need this token."""

    path: Annotated[str, msgspec.Meta(pattern=r"^/[!-~]*$")]
    token_env: str | None = None
    token_file: str | None = None


class ServeConfig(ConfigSection, frozen=True):
    """`[serve]`: where the service listens, for whom, and the limits for one client.

    `rate` is the most dynamic responses per minute for one client; published files, which
    firewalls load, do not count. 0 means no limit. `client_connections` is the most of the
    server's 512 connections for one client. `trusted_proxies` are addresses and networks
    whose X-Forwarded-For header is accepted. `names` are the host names under which pages and
    `/v1` may be requested; empty means any.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8377
    rate: Annotated[int, msgspec.Meta(ge=0)] = 120
    client_connections: Annotated[int, msgspec.Meta(ge=1, le=512)] = 128
    trusted_proxies: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tokens: tuple[TokenConfig, ...] = ()


class VerifyConfig(ConfigSection, frozen=True):
    """`[verify]`: how `fwtracker verify` tests connections, and facts that it cannot find out.

    `timeout` is seconds for each step, `deadline` for the whole run, `parallel` the number of
    simultaneous attempts, `retries` how often a failed one is repeated. `sites` are the names
    that the page uses for this machine's site. `children` are hosts to try for a wildcard.
    `ca_file` contains the authorities that must have issued certificates, by default the
    public ones; `issuers` gives, by host, wildcard, address or network, a text that the
    issuer's name has to contain instead. `proxy` is the URL of a proxy to try in addition,
    without a password, or "env".
    """

    timeout: Annotated[float, msgspec.Meta(gt=0, le=300)] = 5.0
    deadline: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 120.0
    parallel: Annotated[int, msgspec.Meta(ge=1, le=256)] = 32
    retries: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    sites: tuple[str, ...] = ()
    source_address: str = ""
    proxy: str = ""
    children: dict[str, tuple[str, ...]] = {}
    issuers: dict[str, str] = {}
    ca_file: str | None = None

    def __post_init__(self) -> None:
        if "@" in self.proxy:
            raise ValueError(
                '`proxy` cannot contain a password: set HTTPS_PROXY, and use "env"'
            )


class DriftConfig(ConfigSection, frozen=True):
    """`[drift]`: whether each check compares DNS with the page, and by which resolvers.

    `checks` is the number of checks that have to see a difference before it is reported, and
    not see it before it is over; `timeout` is seconds for each look-up. `ignore` are hosts, or
    wildcards of hosts, that are not looked up.
    """

    enabled: bool = False
    resolvers: tuple[str, ...] = ()
    ignore: tuple[Annotated[str, msgspec.Meta(pattern=_HOST_OR_WILDCARD)], ...] = ()
    checks: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    timeout: Annotated[float, msgspec.Meta(gt=0, le=60)] = 5.0


class LanConfig(ConfigSection, frozen=True):
    """`[lan]`: the networks that "the LAN" means in rule files, in CIDR notation.

    None means the private networks, and in files for hosts the link-local ones too.
    """

    networks: tuple[str, ...] | None = None


class Rules(ConfigSection, frozen=True):
    """`[[rules]]`: an additional rule set, in one format or all, from a choice of entries.

    `sources` are the names of the sources that have it; None means all. In it, `lan` replaces
    `[lan] networks`, and `names_below` that of `[fwtracker]`.
    """

    name: str
    format: str | None = None
    sources: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    components: tuple[str, ...] | None = None
    requirement: tuple[Requirement, ...] | None = None
    only_for: tuple[str, ...] | None = None
    lan: tuple[str, ...] | None = None
    names_below: bool | None = None

    def is_for(self, source: str) -> bool:
        """Return whether the source of this name has the rule set."""
        return self.sources is None or source in self.sources


class AssumedPorts(ConfigSection, frozen=True):
    """`[[assumed_ports]]`: the ports to open for a target if the page states none."""

    target: str
    ports: tuple[str, ...]


class Channel(ConfigSection, frozen=True):
    """`[[channels]]`: the keys that all types share; `settings` are those of its type.

    `health`: whether the channel gets health notices. `keepalive_days`: the days between two
    signs of life that are sent to it.
    """

    name: str
    type: str
    regions: tuple[str, ...] | None = None
    components: tuple[str, ...] | None = None
    requirement: tuple[Requirement, ...] | None = None
    min_impact: Impact = "info"
    health: bool = True
    keepalive_days: Annotated[int, msgspec.Meta(ge=1, le=365)] | None = None
    settings: Any = None
