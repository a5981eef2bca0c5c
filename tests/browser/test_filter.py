"""The filter of the page in a browser leaves what the server leaves, for one table of cases."""

from __future__ import annotations

import pytest

from tests.browser.conftest import serving_folder
from tests.site.filter_cases import CASES, ENTRIES
from tests.site.readings import stored

pytestmark = pytest.mark.browser

# Types each text into the filter; returns the resources that are left and the count said.
FILTER = """texts => texts.map(text => {
    const field = document.getElementById("filter");
    field.value = text;
    field.dispatchEvent(new Event("input"));
    const parts = [...document.querySelectorAll(".part")].filter(part => part.offsetParent);
    const name = part => part.querySelector(".name") || part.closest("tr").querySelector("th");
    const names = parts.map(part => name(part).firstChild.textContent.trim());
    return [names, document.querySelector("output").value];
})"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filter")
    stored(folder, ENTRIES)
    return folder


def test_the_script_leaves_what_the_server_leaves(browse, place):
    with serving_folder(place) as address:
        page = browse(f"{address}/action1/index.html")
        found = page.evaluate(FILTER, [text for text, _, _ in CASES])
    wanted = [
        [resources.split(), f"{count} of {len(ENTRIES)} entries" if text.strip() else ""]
        for text, resources, count in CASES
    ]
    different = [
        (case[0], left, right)
        for case, left, right in zip(CASES, found, wanted, strict=True)
        if left != right
    ]
    assert different == []
