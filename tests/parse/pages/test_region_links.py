"""The links that lead to region pages: whatever they sit in, and no others."""

from __future__ import annotations

import pytest

from tests.pages import GENERATIONS, index_pages
from tests.support.readings import ACTION1, URL, page, region_links
from tracker.parse.pages.linked_pages import find_linked_pages
from tracker.parse.pages.linked_regions import are_alike
from tracker.parse.shapes.find import read_document


def links(body: str, url: str = URL) -> list[tuple[str, str]]:
    return [tuple(link) for link in region_links(url, read_document(page(body)), ACTION1)]


@pytest.mark.parametrize(
    "body",
    [
        '<nav><ul><li><a href="region-europe/">Europe</a></li></ul></nav>',
        '<div class="card"><a href="region-europe/"><div><h3>Europe</h3></div></a></div>',
        '<p>See <a class="button" role="button" href="region-europe/">Europe</a>.</p>',
        '<table><tr><td><a href="region-europe/">Europe</a></td></tr></table>',
        f'<a href="{URL}region-europe/">Europe</a>',
        '<a href="/documentation/firewall-configuration/region-europe/#top">Europe</a>',
        '<a href="region-europe/?utm_source=menu">Europe</a>',
        '<a href=" region-europe/ ">\n Europe </a>',
        f'<a href="{URL.replace("https", "http")}region-europe/">Europe</a>',
        f'<a href="{URL.replace("www.", "")}region-europe/">Europe</a>',
    ],
)
def test_a_link_below_the_page_is_followed_whatever_it_sits_in(body: str) -> None:
    assert links(body) == [(f"{URL}region-europe/", "Europe")]


@pytest.mark.parametrize(
    "href",
    [
        "",
        "#rules",
        "?page=2",
        URL,
        URL.rstrip("/"),
        "../",
        "../system-requirements/",
        "/documentation/firewall-configuration-old/region-europe/",
        "https://other.example.org/documentation/firewall-configuration/region-europe/",
        "//other.example.org/documentation/firewall-configuration/region-europe/",
        "mailto:a@example.org",
        "tel:+15550142",
        "javascript:void(0)",
        "ftp://www.example.org/documentation/firewall-configuration/x/",
        "feed/",
        "region-europe/embed/",
        "diagram.png",
        "rules.pdf",
        "http://[",
        "region-europe/../../",
    ],
)
def test_other_links_are_not_followed(href: str) -> None:
    assert links(f'<a href="{href}">x</a>') == []


@pytest.mark.parametrize(
    "href", ["europe.html", "europe.htm", "europe.PHP", "europe.txt", "europe.asp"]
)
def test_a_file_that_is_a_page_is_followed(href: str) -> None:
    assert links(f'<a href="{href}">x</a>') == [(URL + href, "x")]


def test_each_page_is_followed_once_in_page_order_with_the_first_words() -> None:
    body = (
        '<a href="region-b/"><img src=x></a><a href="region-a/">A</a>'
        '<a href="region-b">B</a><a href="region-b/#x">Rules for B</a>'
    )
    assert links(body) == [(f"{URL}region-b", "B"), (f"{URL}region-a/", "A")]


def test_hidden_links_are_not_followed() -> None:
    assert links('<div hidden><a href="region-europe/">x</a></div>') == []


def test_below_the_root_of_a_server_only_regions_are_followed() -> None:
    body = '<a href="/about/">About</a><a href="/region-europe/">Europe</a>'
    url = "http://127.0.0.1:8000/"
    assert links(body, url) == [(f"{url}region-europe/", "Europe")]


def test_links_are_resolved_by_the_base_of_the_page() -> None:
    text = page('<a href="firewall-configuration/region-europe/">Europe</a>').replace(
        "<head>", '<head><base href="/documentation/">'
    )
    found = find_linked_pages(URL, read_document(text).links, text, ACTION1)
    assert [one.href for one in found] == [f"{URL}region-europe/"]


@pytest.mark.parametrize(
    "href",
    [
        "Region-Europe/",
        "region-europe",
        "region-europe/index.html",
        "region-europe//",
        "region%2Deurope/",
        "//www.example.org/documentation/firewall-configuration/region-europe/?v=2#rules",
        "https://example.org:443/Documentation/Firewall-Configuration/region-europe",
    ],
)
def test_all_spellings_of_an_address_are_one_page(href: str) -> None:
    assert len(links(f'<a href="region-europe/">Europe</a><a href="{href}">Europe</a>')) == 1


def test_the_sample_index_leads_to_its_region_pages() -> None:
    pages = index_pages(GENERATIONS["2026-02"])
    found = region_links(URL, read_document(pages["index.html"]), ACTION1)
    assert [tuple(link) for link in found] == [
        (f"{URL}region-north-america/", "North America"),
        (f"{URL}region-europe/", "Europe"),
        (f"{URL}region-australia/", "Australia"),
    ]


@pytest.mark.parametrize("path", [p for p in index_pages(GENERATIONS["2026-02"]) if "/" in p])
def test_a_region_page_leads_to_no_further_page(path: str) -> None:
    text = index_pages(GENERATIONS["2026-02"])[path]
    url = f"{URL}{path.removesuffix('index.html')}"
    assert region_links(url, read_document(text), ACTION1) == []


@pytest.mark.parametrize(
    ("last", "wordings", "region"),
    [
        ("region-north-america", ("North America",), "North America"),
        ("region-north-america", ("Rules", "Firewall: North America"), "North America"),
        ("region-north-america", ("", "Region: North America"), "North America"),
        ("region-uk", ("x", "UK | Action1"), "UK"),
        ("region-north-america", (), "North America"),
        ("region-north-america", ("Rules for North America",), "North America"),
        ("europe", ("Europe",), "Europe"),
    ],
)
def test_a_region_is_named_as_its_page_spells_it(
    last: str, wordings: tuple[str, ...], region: str
) -> None:
    assert ACTION1.name_page_region(f"{URL}{last}/", wordings) == region


@pytest.mark.parametrize(
    ("words", "region"),
    [
        ("Europe", "Europe"),
        ("Rules for Europe", "Europe"),
        ("Firewall rules: North America →", "North America"),
        ("View the Australia region", "Australia"),
        ("South America 2 servers", "South America 2"),
        ("Region: Atlantis", "Atlantis"),
        ("Rules for Tokyo", "Tokyo"),
        ("tokyo", "Tokyo"),
        ("日本", "日本"),
        ("", None),
        ("→", None),
        ("FAQ", None),
        ("Privacy in Europe", None),
        ("Europe FAQ", None),
        ("Firewall rules", None),
        ("Osaka", None),
    ],
)
def test_a_region_is_named_among_the_usual_words_only(words: str, region: str | None) -> None:
    assert ACTION1.find_region_in_words(words, ("Tokyo", "日本")) == region


@pytest.mark.parametrize(
    ("last", "known", "region"),
    [
        ("region-europe.html", (), "Europe"),
        ("Region-Europe/", (), "Europe"),
        ("region-emea/", ("EMEA",), "EMEA"),
        ("region-uk/index.html", ("UK",), "UK"),
        ("region-s%C3%A3o-paulo/", ("São Paulo",), "São Paulo"),
    ],
)
def test_a_region_without_words_is_named_by_its_address(
    last: str, known: tuple[str, ...], region: str
) -> None:
    assert ACTION1.name_page_region(URL + last, (), known) == region


@pytest.mark.parametrize("number", ["", " 2"])
def test_a_region_in_another_script_is_not_taken_for_another(number: str) -> None:
    assert are_alike(f"東京{number}", f"東京{number}")
    assert not are_alike(f"東京{number}", f"大阪{number}")
