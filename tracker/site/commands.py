"""What to type into a firewall so that it loads a rule file from where it is published.

`set external-list` is PAN-OS' configuration mode, `config system external-resource` the FortiOS
CLI reference, `/tool/fetch` and `/import` RouterOS 7; docs/firewalls.md says what the files do.
"""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from tracker.site.links import Links
from tracker.site.markup import Template, join
from tracker.text import slug

_BLOCK = Template('<pre data-copy="{about}"><code>{text}</code></pre>\n')
_URL = Template('<span data-url="{}">{}</span>')
_LONGEST = 31  # PAN-OS names of lists; FortiOS has 35

Maker = Callable[[str, str, Markup], Markup]  # object's name, file's name, its URL


def _panos(kind: str) -> Maker:
    text = Markup(
        "set external-list {name} type {kind} url {url}\n"
        "set external-list {name} type {kind} recurring hourly"
    )
    return lambda name, _, url: text.format(name=name, kind=kind, url=url)


def _fortios(kind: str) -> Maker:
    text = Markup(
        'config system external-resource\n    edit "{name}"\n        set type {kind}\n'
        '        set resource "{url}"\n        set refresh-rate 60\n    next\nend'
    )
    return lambda name, _, url: text.format(name=name, kind=kind, url=url)


def _nftables(_name: str, file: str, url: Markup) -> Markup:
    return Markup(
        "curl --fail --silent --show-error --output {file} {url}\n"
        "nft --check --file {file} && nft --file {file}"
    ).format(file=file, url=url)


def _mikrotik(_name: str, file: str, url: Markup) -> Markup:
    return Markup('/tool/fetch url="{url}" dst-path={file}\n/import file-name={file}').format(
        file=file, url=url
    )


def _windows(_name: str, file: str, url: Markup) -> Markup:
    return Markup(
        "Invoke-WebRequest -UseBasicParsing -Uri '{url}' -OutFile {file}\n.\\{file}"
    ).format(file=file, url=url)


_MAKERS: dict[str, Maker] = {
    "panos-edl-ip.txt": _panos("ip"),
    "panos-edl-url.txt": _panos("url"),
    "fortigate-ip.txt": _fortios("address"),
    "fortigate-domain.txt": _fortios("domain"),
    "nftables.nft": _nftables,
    "mikrotik.rsc": _mikrotik,
    "windows.ps1": _windows,
}


def commands(source: str, path: str, links: Links) -> Markup:
    """The commands for a rule file, to copy; nothing for one that is loaded by hand."""
    _, rule_set, file = path.split("/")
    make = _MAKERS.get(file)
    if make is None:
        return join([])
    kind = file.partition(".")[0].rpartition("-")[2]
    name = f"{slug(source)}-{rule_set}"[: _LONGEST - len(kind) - 1] + f"-{kind}"
    url = _URL.format(path, links.absolute(path))
    return _BLOCK.format(about=f"commands for {path}", text=make(name, file, url))
