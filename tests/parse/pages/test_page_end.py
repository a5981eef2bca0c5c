"""A page without its end tag: HTML lets it be left out, and a cut connection leaves it out."""

from __future__ import annotations

import pytest

from tests.support.site import Site
from tracker.check.context import CheckContext
from tracker.check.review import approve
from tracker.config import parse
from tracker.errors import Truncated
from tracker.fetch.fetcher import Fetcher
from tracker.parse.read import parse_page, read_pages
from tracker.pipeline import run_check
from tracker.sources import load_source
from tracker.store import open_store
from tracker.store.tree import Tree

HEAD = "<!DOCTYPE html><html><head><title>Ports</title></head><body><h1>Ports</h1>"
TABLE = (
    "<h2>Region: Europe</h2><table><tr><th>Resource</th><th>Type</th><th>Port</th></tr>"
    "<tr><td>{}</td><td>Outbound</td><td>443 HTTPS</td></tr></table>"
)
CONFIG = parse({"guard": {"max_removed": 1.0}})  # one address of one
WHOLE = HEAD + TABLE.format("3.74.63.86")


@pytest.fixture
def check(tmp_path):
    with Site() as site, Fetcher() as fetcher:
        tree = Tree(open_store(str(tmp_path)), "action1")

        itself = CheckContext(load_source("action1"), tree, CONFIG, fetcher, site.url)

        def checked(page: str):
            site.show(page.encode())
            return run_check(itself)

        checked.itself = itself
        yield checked


def holds(outcome) -> set[str]:
    return {finding.name for finding in outcome.findings if finding.verdict == "hold"}


def test_a_first_version_may_lack_it_and_says_so(check):
    outcome = check(WHOLE)
    assert outcome.outcome == "published"
    assert [(f.name, f.verdict) for f in outcome.findings] == [("end-tag-missing", "publish")]


def test_a_source_that_never_has_it_goes_on_changing(check):
    check(WHOLE)
    assert check(HEAD + TABLE.format("3.124.175.10")).outcome == "published"


@pytest.mark.parametrize("end", ["</html>", "</body>", "</body></html>"])
def test_a_page_that_loses_it_is_held(check, end):
    assert check(WHOLE + end).outcome == "published"
    later = check(HEAD + TABLE.format("3.124.175.10"))
    assert (later.outcome, holds(later)) == ("held", {"end-tag-missing"})
    approve(check.itself, later.digest)
    assert check(HEAD + TABLE.format("18.185.175.163")).outcome == "published"


@pytest.mark.parametrize(
    "end",
    [
        "<h2>Region: Austr",
        "<table><tr><th>Resource</th><th>Ty",
        "<ul><li>3.124.175.1",
        "<ol><li>one</li>",
        "<dl><dt>Relay<dd>3.124.175.1",
        "<table><tr><td>3.124.175.1</td></tr>",
    ],
)
def test_a_page_that_ends_inside_its_content_is_refused(end):
    with pytest.raises(Truncated, match=r"the page ends inside its <\w+> element"):
        read_pages([parse_page("http://a.example/", WHOLE + end)], load_source("action1"))


@pytest.mark.parametrize(
    "end", ["", "\n", "<p>Questions?", "<div><p>a</div><!-- end -->", "<hr>"]
)
def test_one_that_ends_outside_of_it_is_read(end):
    reading = read_pages([parse_page("http://a.example/", WHOLE + end)], load_source("action1"))
    assert [entry.addresses for entry in reading.entries] == [("3.74.63.86",)]
    assert [finding.name for finding in reading.findings] == ["end-tag-missing"]
