"""The rule files of a version: what each one is, and where a firewall finds it."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from tracker import formats
from tracker.site.commands import commands
from tracker.site.links import Links
from tracker.site.markup import Template, join

_SET = Template(
    """<details class="set"{open}><summary><h3 id="set-{name}">{name}</h3></summary>
<dl>
{files}</dl>
</details>
"""
)
_FILE = Template(
    """<dt><a href="{path}">{file}</a></dt>
<dd>{about}<div class="copyable"><code class="url" data-url="{path}">{url}</code></div>
{commands}</dd>
"""
)
_OPEN = Markup(" open")
_NONE = Markup("<p>None: the configuration chooses no format.</p>\n")


def rule_files(source: str, paths: Iterable[str], links: Links) -> Markup:
    """All rule files below `rules/`, by rule set, the first of them unfolded."""
    paths = list(paths)
    if not paths:
        return _NONE
    about = {form.file: form.about for form in (formats.load(name) for name in formats.names())}
    sets: dict[str, list[str]] = {}
    for path in sorted(paths, key=lambda path: path.split("/")):
        sets.setdefault(path.split("/")[1], []).append(path)
    return join(
        _SET.format(
            name=name,
            open="" if at else _OPEN,
            files=join(_file(source, path, about, links) for path in found),
        )
        for at, (name, found) in enumerate(sets.items())
    )


def _file(source: str, path: str, about: dict[str, str], links: Links) -> Markup:
    file = path.rpartition("/")[2]
    return _FILE.format(
        path=path,
        file=file,
        about=about.get(file, ""),
        url=links.absolute(path),
        commands=commands(source, path, links),
    )
