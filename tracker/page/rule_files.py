"""The rule files of a version: what each one is, and where a firewall finds it."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from tracker import formats
from tracker.page.links import Links
from tracker.page.markup import join

_SETS = Markup('<div class="sets">\n{}</div>\n')
_SET = Markup(
    """<section class="set" aria-labelledby="set-{name}">
<h3 id="set-{name}">{title}</h3>
<dl>
{files}</dl>
</section>
"""
)
_FILE = Markup(
    """<dt><a href="{path}">{file}</a></dt>
<dd>{about} <code class="url" data-url="{path}">{url}</code></dd>
"""
)


def rule_files(paths: Iterable[str], links: Links) -> Markup:
    """All rule files below `rules/`, by rule set."""
    about = {form.file: form.about for form in (formats.load(name) for name in formats.names())}
    sets: dict[str, list[str]] = {}
    for path in sorted(paths):
        sets.setdefault(path.split("/")[1], []).append(path)
    return _SETS.format(
        join(
            _SET.format(
                name=name,
                title=name,
                files=join(_file(path, about, links) for path in found),
            )
            for name, found in sets.items()
        )
    )


def _file(path: str, about: dict[str, str], links: Links) -> Markup:
    file = path.rpartition("/")[2]
    return _FILE.format(
        path=path, file=file, about=about.get(file, ""), url=links.absolute(path)
    )
