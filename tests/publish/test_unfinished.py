"""A version that was committed and not published: the run that publishes it says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.site import SAMPLES
from tracker.publish import publish as publishing

pytestmark = pytest.mark.usefixtures("few_formats")

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
MORE = b"<li>54.79.23.166</li><li>3.104.236.1</li>"
NEXT = GOOD.replace(b"<li>54.79.23.166</li>", MORE)
HELD = NEXT.replace(b"</body>", b"<p>198.41.0.4</p></body>")
THIRD = NEXT.replace(MORE, MORE + b"<li>3.104.236.2</li>")


class Killed(BaseException):
    """Not caught by any handler, like a kill."""


@pytest.fixture
def killed(site, fwtracker, monkeypatch):
    """Run on a page so that the run is killed between the commit and the publication."""

    def run(page: bytes) -> None:
        site.show(page)
        with monkeypatch.context() as patched:
            patched.setattr(publishing, "_write", die)
            with pytest.raises(Killed):
                fwtracker("run", "--url", site.url)

    return run


def die(*_args, **_options):
    raise Killed


def test_a_first_version_that_a_kill_left_is_published_by_the_next_run(site, fwtracker, killed):
    killed(GOOD)
    assert not Path("snapshots/action1/manifest.json").exists()
    ran = fwtracker("run", "--url", site.url, "--exit-code")
    assert ran.status == 10
    assert ran.out == "action1: published version 1: the baseline, 40 entries\n"
    assert fwtracker("run", "--url", site.url, "--exit-code").status == 0


def test_so_is_a_later_one_once_with_what_it_changed(site, fwtracker, killed):
    site.show(GOOD)
    fwtracker("run", "--url", site.url)
    killed(NEXT)
    manifest = json.loads(Path("snapshots/action1/manifest.json").read_bytes())
    assert manifest["version"] == 1
    ran = fwtracker("run", "--url", site.url, "--exit-code", "--json")
    assert ran.status == 10
    (outcome,) = ran.json
    assert (outcome["outcome"], outcome["version"]) == ("published", 2)
    assert outcome["summary"]["endpoints_added"] > 0
    (again,) = fwtracker("run", "--url", site.url, "--json").json
    assert (again["outcome"], again["version"]) == ("unchanged", 2)


@pytest.mark.parametrize(
    ("page", "status", "outcome"),
    [(THIRD, 10, "published"), (HELD, 3, "held"), (b"", 1, "failed")],
)
def test_beside_other_news_it_is_a_note(site, fwtracker, killed, page, status, outcome):
    site.show(GOOD)
    fwtracker("run", "--url", site.url)
    killed(NEXT)
    site.show(page)
    ran = fwtracker("run", "--url", site.url, "--exit-code", "--json")
    assert (ran.status, ran.json[0]["outcome"]) == (status, outcome)
    note = "version 2, committed by an earlier run, is published now"
    assert ran.json[0]["notes"] == [note]


def test_what_is_only_rendered_again_is_no_publication(site, fwtracker, tmp_path):
    site.show(GOOD)
    fwtracker("run", "--url", site.url)
    config = tmp_path / "fwtracker.toml"
    config.write_text("[fwtracker]\ngrace_days = 3\n")
    ran = fwtracker("run", "--config", config, "--url", site.url, "--exit-code")
    assert (ran.status, ran.out) == (0, "action1: unchanged, version 1\n")
