"""The pages that the pictures in docs/ are made of."""

from __future__ import annotations

from tests.notifiers import pictures
from tests.support import announcements as made


def test_both_pages_show_the_change(tmp_path):
    pictures.main(tmp_path)
    for name in ("mail.html", "slack.html"):
        page = (tmp_path / name).read_text("utf-8")
        assert all(address in page for address in made.NEW_RELAYS)
        assert f'<a href="{made.PAGE_URL}">' in page
        assert "fwtracker approve" in (tmp_path / f"held-{name}").read_text("utf-8")
    assert "<code>13.41.182.195</code>" in page
    assert "<b>Allow these: 6 endpoints, on the page since 2024-11-05</b>" in page
