"""How sources and formats are found: what cannot be seen is an error, not nothing."""

from __future__ import annotations

import pytest

from tracker import formats, plugins
from tracker.errors import Incomplete
from tracker.plugins import discover_modules, read_resource
from tracker.sources import list_shipped


def test_the_modules_of_a_package_are_those_of_its_folder(tmp_path):
    for name in ("b.py", "a_b.py", "_shared.py", "__init__.py", "notes.txt"):
        (tmp_path / name).touch()
    assert discover_modules(str(tmp_path)) == ("a_b", "b")


def test_a_package_in_a_folder_is_a_module_too_unless_it_is_what_several_share(tmp_path):
    for name in ("b.py", "a/__init__.py", "shared/__init__.py", "_own/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "left_over" / "__pycache__").mkdir(parents=True)
    assert discover_modules(str(tmp_path)) == ("a", "b")


def test_a_folder_that_cannot_be_listed_is_named_with_what_to_do(tmp_path):
    with pytest.raises(Incomplete, match=r"gone: cannot list it: No such file.*; .*ulimit -n"):
        discover_modules(str(tmp_path / "gone"))


def test_an_empty_package_is_no_package(tmp_path):
    (tmp_path / "__init__.py").touch()
    with pytest.raises(Incomplete, match="is missing there; install it again"):
        discover_modules(str(tmp_path))


def test_formats_and_sources_are_found_so():
    assert {"ips", "endpoints-json"} <= set(formats.names())
    assert "action1" in list_shipped()


@pytest.mark.parametrize(
    ("list_names", "finds", "by"),
    [
        (formats.names, plugins, ("__file__", "/nowhere/x.py")),
    ],
)
def test_without_its_folder_a_package_does_not_say_that_it_is_empty(
    list_names, finds, by, monkeypatch
):
    monkeypatch.setattr(finds, *by)
    with pytest.raises(Incomplete, match="/nowhere"):
        list_names()


def test_data_of_a_package_is_read():
    assert b"// ===BEGIN ICANN DOMAINS===" in read_resource(
        "publicsuffixlist", "public_suffix_list.dat"
    )


def test_data_that_is_missing_is_named_with_what_to_do():
    with pytest.raises(
        Incomplete, match=r"tracker/site/none\.css: cannot read it: .*; .*ulimit"
    ):
        read_resource("tracker.site", "none.css")


def test_data_that_is_empty_is_none(tmp_path, monkeypatch):
    """A list without a name would hold for a list that forbids nothing."""
    (tmp_path / "some_list").mkdir()
    for name in ("__init__.py", "names.dat"):
        (tmp_path / "some_list" / name).touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(
        Incomplete, match=r"some_list/names\.dat: .* is empty; install it again"
    ):
        read_resource("some_list", "names.dat")


def test_a_package_that_is_missing_is_named():
    with pytest.raises(Incomplete, match="no_such_list: fwtracker needs that package"):
        read_resource("no_such_list", "names.dat")
