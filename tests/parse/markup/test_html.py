"""Markup to lines: signs that are no text, parts of words, what is content, broken markup."""

from __future__ import annotations

import pytest

from tracker.errors import Unreadable
from tracker.parse.markup.cross_check import compare_parsers
from tracker.parse.markup.html import read_html

CELL = "<table><tr><td>{}</td></tr></table>"


def texts(page: str) -> list[str]:
    return [line.text for line in read_html(page).lines]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("443<sup>1</sup> TCP", "443 [1] TCP"),
        ("443<sub>2</sub>", "443 [2]"),
        ("443<sup>[3]</sup> TCP", "443 [3] TCP"),
        ("443<sup>(a)</sup>", "443 [a]"),
        ("443<sup>*</sup>", "443 [*]"),
        ("443<sup>†</sup>", "443 [†]"),
        ("443<sup><a href=#n1>1</a></sup>", "443 [1]"),
        ('443 <a href="#note-1">1</a> TCP', "443 [1] TCP"),
        ('443<a href="#fn:2" class="footnote">2</a>', "443 [2]"),
        ("Windows<sup>®</sup> Update", "Windows ® Update"),
        ("H<sub>2</sub>O", "H [2] O"),
        ("1<sup>st</sup> server", "1 st server"),
    ],
)
def test_raised_numbers_and_links_to_notes_are_marks(cell: str, text: str) -> None:
    assert texts(CELL.format(cell)) == [text]


@pytest.mark.parametrize(
    "button",
    [
        "<button>Copy</button>",
        '<button type="button" class="copy">Copied!</button>',
        "<span role=button>Copy to clipboard</span>",
        "<clipboard-copy>Copy</clipboard-copy>",
        '<a href="#">Copy</a>',
        '<a role="button" href="javascript:void(0)">Show more</a>',
        "<button>⧉</button>",
        "<button></button>",
        '<i class="fa fa-copy">content_copy</i>',
        '<span class="et-pb-icon">5</span>',
        '<span class="icon">\ue01d</span>',
        '<span class="material-icons">expand_more</span>',
    ],
)
def test_buttons_and_icons_beside_a_value_are_no_content(button: str) -> None:
    assert texts(CELL.format(f"3.74.63.86 {button}")) == ["3.74.63.86"]
    assert texts(f"<ul><li>3.74.63.86 {button}</li></ul>") == ["3.74.63.86"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<button>3.74.63.86</button>", "3.74.63.86"),
        ("<button>Resource</button>", "Resource"),
        ("<button>Copy 443</button>", "Copy 443"),
        ('<span class="icon">server.example.com</span>', "server.example.com"),
        ('<a href="/copy">Copy</a>', "Copy"),
    ],
)
def test_a_button_that_says_something_else_is_content(cell: str, text: str) -> None:
    assert texts(CELL.format(cell)) == [text]


@pytest.mark.parametrize("sign", ["¶", "#", "🔗", "\u200b", "§", ""])
def test_a_headings_link_to_itself_is_no_part_of_it(sign: str) -> None:
    heading = f'<h2 id=eu>Europe<a class="headerlink" href="#eu" title="Link">{sign}</a></h2>'
    (line,) = read_html(heading).lines
    assert (line.text, line.heading, line.linked, line.control) == ("Europe", 2, False, "")


@pytest.mark.parametrize(
    ("cell", "joins"),
    [
        ("3.74.63.8<b>6</b>", ()),
        ("3.74.63.8<strong>6</strong>", ()),
        ("<u>3</u>.74.63.86", ()),
        ("3.74.63.8<span>6</span>", (("3.74.63.8", "6"),)),
        ("3.74.63.8<wbr>6", ()),
    ],
)
def test_emphasis_leaves_no_gap_in_a_word(
    cell: str, joins: tuple[tuple[str, ...], ...]
) -> None:
    document = read_html(CELL.format(cell))
    assert [line.text for line in document.lines] == ["3.74.63.86"]
    assert document.word_joins.get(0, ()) == joins


@pytest.mark.parametrize("tag", ["em", "i", "var", "cite"])
def test_what_is_set_apart_inside_a_word_is_told(tag: str) -> None:
    document = read_html(
        f"<p>login.<{tag}>region</{tag}>.example.com and <{tag}>this</{tag}></p>"
    )
    assert document.placeholder_words == {0: ("login.region.example.com",)}


@pytest.mark.parametrize(
    "around",
    [
        "<nav>{}</nav>",
        "<aside>{}</aside>",
        "<footer>{}</footer>",
        "<header>{}</header>",
        "<div role=navigation>{}</div>",
        "<div id=onetrust-banner>{}</div>",
        '<div class="cookie-notice">{}</div>',
        '<section aria-label="Cookie consent">{}</section>',
        '<div id="footer">{}</div>',
    ],
)
def test_menus_ends_of_the_page_and_consent_are_no_content(around: str) -> None:
    inside, after = read_html(around.format("<p>one</p>") + "<p>two</p>").lines
    assert not inside.in_content
    assert after.in_content


@pytest.mark.parametrize("around", ["main", "article", "section", "div"])
def test_the_header_of_an_article_is_content(around: str) -> None:
    (line,) = read_html(f"<{around}><header>one</header></{around}>").lines
    assert line.in_content is (around != "div")


@pytest.mark.parametrize(
    "page",
    [
        "<noscript><div></noscript><table><tr><td>3.74.63.86</td></tr></table>",
        "<table><tr>3.74.63.86<td>a</td></tr></table>",
        "<p><table><tr><td>3.74.63.86</td></tr></table>",
        "<td>3.74.63.86</td>",
        "<table><div>3.74.63.86</div><tr><td>a</td></tr></table>",
        "<svg><circle></svg><p>3.74.63.86",
        "<svg><p>3.74.63.86",
        "<!-- a --!><p>3.74.63.86</p>",
        "<!--><p>3.74.63.86</p>",
        "<b><p>3.74.63.86</b></p>",
        "<p>3.74.63.86</p></body></html><p>more",
        "<html><body></body></html><p>3.74.63.86</p>",
        "<select><p>3</select><p>3.74.63.86</p>",
        "<p title='>'>3.74.63.86</p>",
        "<p a=1 a=2>3.74.63.86</p>",
        "<![CDATA[x]]><p>3.74.63.86</p>",
    ],
)
def test_broken_markup_is_read_as_a_browser_shows_it(page: str) -> None:
    document = read_html(page)
    assert "3.74.63.86" in [line.text for line in document.lines]
    compare_parsers(page, document.strings, "http://a.example/")


@pytest.mark.parametrize(
    "page",
    [
        "<iframe><p>3.74.63.86</p>",
        "<textarea><p>3.74.63.86</p>",
        "<title><p>3.74.63.86</p>",
        "<p title='<p>3.74.63.86</p>",
        "<!-- <p>3.74.63.86</p>",
        "<style><p>3.74.63.86</p>",
        "<noscript><p>3.74.63.86</p></noscript>",
        "<template><p>3.74.63.86</p></template>",
    ],
)
def test_what_a_browser_does_not_show_is_on_no_line(page: str) -> None:
    assert texts(page) == []


def test_preformatted_text_keeps_its_lines() -> None:
    page = "<pre># relays\n3.74.63.86\n<b>3.124</b>.175.10\n\n  end</pre><p>a\nb</p>"
    assert texts(page) == ["# relays", "3.74.63.86", "3.124.175.10", "end", "a b"]


def test_a_value_that_only_the_other_parser_finds_refuses_the_page() -> None:
    with pytest.raises(
        Unreadable, match=r"two parsers read the page differently near .10\.0\.0\.1"
    ):
        compare_parsers("<p>10.0.0.1 and 10.0.0.2</p>", ["10.0.0.2"], "http://a.example/")
    compare_parsers("<p>10.0.0.1</p><!-- 10.0.0.9 -->", ["at 10.0.0.1."], "http://a.example/")


@pytest.mark.parametrize(
    ("page", "has_end", "left_open"),
    [
        ("<html><p>a</html>", True, ()),
        ("<html><p>a", False, ()),
        ("<html><table><tr><td>a", False, ("table", "tr", "td")),
    ],
)
def test_the_end_of_a_page_is_told(
    page: str, has_end: bool, left_open: tuple[str, ...]
) -> None:
    document = read_html(page)
    assert (document.has_end, document.left_open) == (has_end, left_open)
