"""The tables of the configuration file, as types: what each key means, and what it may be.

Secrets are never in here, only the names of environment variables or files that hold them.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from tracker.change_set import Impact
from tracker.model import Requirement

_HOST_OR_WILDCARD = r"^(\*\.)?(?!-)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$"


class ConfigSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: no key that we do not know."""


class GeneralConfig(ConfigSection, frozen=True):
    """`[fwtracker]`: where snapshots are kept, when `serve` checks, how long removals wait.

    `jitter` is in seconds: a scheduled check comes up to that much later. `public_url` is where
    others find the snapshots folder, for links that leave it. `formats` are those of the rule
    files, all of them where it is None. `names_below`: whether they open a host with the names
    below it where a platform cannot open it alone. After `full_fetch_hours` a page is fetched
    whole, whatever its server says of changes.
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
    """`[signing]`: where the key is that signs `manifest.json` and `version.json`.

    A private Ed25519 key of OpenSSH without a passphrase. Without one nothing is signed.
    """

    key_env: str = ""
    key_file: str = ""

    def __post_init__(self) -> None:
        if self.key_env and self.key_file:
            raise ValueError("set one of `key_env` and `key_file`")

    @property
    def place(self) -> str:
        """The variable or the file that the key is in; nothing where nothing is signed."""
        return self.key_env or self.key_file


class HealthConfig(ConfigSection, frozen=True):
    """`[health]`: after how many failed checks, and hours without a good one, to notify."""

    failures: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    stale_hours: Annotated[int, msgspec.Meta(ge=1, le=8760)] = 24

    @property
    def gap_hours(self) -> float:
        """After so long, a good check reports the gap before it.

        A daily check is never exactly a day after the last.
        """
        return self.stale_hours * 1.5


class TokenConfig(ConfigSection, frozen=True):
    """`[[serve.tokens]]`: who asks for a path that begins so must show this token."""

    path: Annotated[str, msgspec.Meta(pattern=r"^/[!-~]*$")]
    token_env: str | None = None
    token_file: str | None = None


class ServeConfig(ConfigSection, frozen=True):
    """`[serve]`: where the service listens, for whom, and how much it works for one client.

    `rate` is the most answers a minute that have to be made for one client; files that are
    published, which is what firewalls load, do not count. 0 is no limit. `client_connections`
    is the most that one client holds of the server's 512. `trusted_proxies` are addresses and
    networks whose X-Forwarded-For names the client. `names` are those under which pages and
    `/v1` may be asked for; without any, all are.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8377
    rate: Annotated[int, msgspec.Meta(ge=0)] = 120
    client_connections: Annotated[int, msgspec.Meta(ge=1, le=512)] = 128
    trusted_proxies: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tokens: tuple[TokenConfig, ...] = ()


class VerifyConfig(ConfigSection, frozen=True):
    """`[verify]`: how `fwtracker verify` tries, and what it cannot know by itself.

    `timeout` is seconds for each step, `deadline` for all of it, `parallel` how much goes on
    at once, `retries` how often what failed is tried again. `sites` is where this machine is,
    as the page calls it. `children` are hosts to try for a wildcard. `ca_file` holds the
    authorities that certificates have to come from, by default the public ones; `issuers` says
    for a host, a wildcard of hosts, an address or a network what its issuer's name has to
    contain instead. `proxy` is the URL of a proxy to try too, without a password, or "env".
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
    """`[drift]`: whether each check holds DNS against the page, and by which resolvers.

    `checks` is in how many checks a difference is seen before it is reported, and not seen
    before it is over; `timeout` is seconds for each look-up. `ignore` are hosts, or wildcards
    of hosts, that are not looked up.
    """

    enabled: bool = False
    resolvers: tuple[str, ...] = ()
    ignore: tuple[Annotated[str, msgspec.Meta(pattern=_HOST_OR_WILDCARD)], ...] = ()
    checks: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    timeout: Annotated[float, msgspec.Meta(gt=0, le=60)] = 5.0


class LanConfig(ConfigSection, frozen=True):
    """`[lan]`: what "the LAN" is in rule files, addresses in CIDR notation.

    Where it is None: the private networks, and in files for hosts the link-local ones too.
    """

    networks: tuple[str, ...] | None = None


class Rules(ConfigSection, frozen=True):
    """`[[rules]]`: one more rule set, in one format or all, from a choice of entries.

    `sources` are the names of those that have it; all of them where it is None. `lan` takes the
    place of `[lan] networks` in it, `names_below` that of `[fwtracker]`.
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
    """`[[assumed_ports]]`: what to open for a target whose ports the page does not state."""

    target: str
    ports: tuple[str, ...]


class Channel(ConfigSection, frozen=True):
    """`[[channels]]`: the keys that all types share; `settings` is what its type adds.

    `health`: whether it gets health notices. `keepalive_days`: how often
    it is sent a sign of life, in days.
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
