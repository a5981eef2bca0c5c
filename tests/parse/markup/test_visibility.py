"""What a person sees: attributes, the page's own style sheets, and what a click shows."""

from __future__ import annotations

import pytest

from tracker.parse.markup.html import read_html

VALUE = "192.0.2.7"


def seen(page: str) -> bool:
    """Whether the page's only value is on a line of the document."""
    return any(VALUE in line.text for line in read_html(page).lines)


def styled(sheet: str, markup: str = f'<p class="x y" id="z">{VALUE}</p>') -> str:
    return f"<style>{sheet}</style><div class=outer>{markup}</div>"


@pytest.mark.parametrize(
    "sheet",
    [
        ".x{display:none}",
        ".x.y { DISPLAY : none }",
        "#z{visibility:hidden}",
        "p{visibility:collapse}",
        ".outer p{opacity:0}",
        ".outer > .x{opacity: 0.0}",
        ".a, .x{display:none}",
        "p[class~=x]{display:none}",
        "p:not(.shown){display:none}",
        "p:first-child{display:none}",
        ".x{display:block} .x{display:none}",
        ".x{display:none} p{display:block}",
        ".x{display:none!important} #z{display:block}",
        "@media screen{.x{display:none}}",
        "@media (min-width:600px){.x{display:none}}",
        "@supports (display:grid){.x{display:none}}",
        "@layer base{.x{display:none}}",
        ".x{opacity:-1}",
        ".x{opacity:0%}",
        ".x{opacity:.0}",
        ".x{content-visibility:hidden}",
        ".x{position:absolute;left:-9999px}",
        ".x{position:absolute;clip:rect(0,0,0,0)}",
        ".x{clip-path:inset(50%)}",
        ".x{font-size:0}",
        ".x{height:0;overflow:hidden}",
        ".x{transform:scale(0)}",
        ".x{text-indent:-9999px}",
        "/* c */ .x /* d */ { /* e */ display : none ; }",
        ".outer{display:none}",
        "div p{display:none}",
        ".outer .x:nth-child(1){display:none}",
    ],
)
def test_a_rule_of_the_page_hides(sheet: str) -> None:
    assert not seen(styled(sheet))


@pytest.mark.parametrize(
    "sheet",
    [
        "",
        ".other{display:none}",
        ".x .y{display:none}",
        ".x::before{display:none}",
        ".x:hover{display:none}",
        ".x:focus-within{opacity:0}",
        ".x{display:none} .x{display:block}",
        ".x{display:none} #z{display:block}",
        ".x{display:none} .x{display:block!important}",
        ".x{opacity:.5}",
        ".x{visibility:visible}",
        "@media print{.x{display:none}}",
        "@media (max-width:600px){.x{display:none}}",
        ".x{position:absolute;left:-5px}",
        ".x{height:0}",
        ".x{text-decoration:underline}",
        ".x:not(.y){display:none}",
        "p:nth-child(2){display:none}",
        ".x:unknown(3){display:none}",
        "@import 'other.css';",
        "@keyframes a{from{opacity:0}}",
        "@font-face{font-family:x}",
    ],
)
def test_a_rule_that_is_not_for_it_or_is_undone_does_not(sheet: str) -> None:
    assert seen(styled(sheet))


def test_an_open_block_at_the_end_of_a_sheet_is_closed_there() -> None:
    assert not seen(styled(".x{display:none"))


def test_a_sheet_for_print_hides_nothing_on_a_screen() -> None:
    assert seen(f"<style media=print>.x{{display:none}}</style><p class=x>{VALUE}</p>")
    assert not seen(f"<style media=screen>.x{{display:none}}</style><p class=x>{VALUE}</p>")


@pytest.mark.parametrize(
    "attributes",
    [
        "hidden",
        "hidden=until-found",
        "popover",
        'style="display:none"',
        'style="color:red;DISPLAY:NONE !important"',
        'style="visibility: hidden"',
        'style="opacity:0"',
        'style="position:absolute;left:-10000px"',
        "class=sr-only",
        'class="screen-reader-text x"',
    ],
)
@pytest.mark.parametrize("tag", ["p", "li", "td", "tr", "span"])
def test_attributes_hide(tag: str, attributes: str) -> None:
    inner = f"<td>{VALUE}</td>" if tag == "tr" else VALUE
    around = f"<{tag} {attributes}>{inner}</{tag}>"
    table = around if tag == "tr" else f"<tr>{around}</tr>" if tag == "td" else ""
    assert not seen(
        f"<table><tr><td>a</td></tr>{table}</table>" if table else f"<p>{around}</p>"
    )


@pytest.mark.parametrize(
    "attributes",
    [
        'style="display:block"',
        'style="opacity:1"',
        "class=hidden",
        "data-hidden",
        "title=hidden",
    ],
)
def test_other_attributes_do_not(attributes: str) -> None:
    assert seen(f"<p {attributes}>{VALUE}</p>")


def test_an_inline_style_wins_over_a_sheet_unless_that_is_important() -> None:
    markup = f'<p class=x style="display:block">{VALUE}</p>'
    assert seen(styled(".x{display:none}", markup))
    assert not seen(styled(".x{display:none!important}", markup))


def test_a_dialog_shows_when_it_is_open() -> None:
    assert not seen(f"<dialog>{VALUE}</dialog>")
    assert not seen(f"<dialog id=d>{VALUE}</dialog>")
    assert seen(f"<dialog open>{VALUE}</dialog>")


@pytest.mark.parametrize(
    "page",
    [
        f"<button aria-controls=p>More</button><div id=p hidden>{VALUE}</div>",
        f"<a href=#p>More</a><div id=p style='display:none'>{VALUE}</div>",
        f"<button data-bs-target=#p>More</button><hr><div id=p hidden>{VALUE}</div>",
        f"<button popovertarget=p>More</button><hr><div id=p popover>{VALUE}</div>",
        f"<button commandfor=p>More</button><hr><dialog id=p>{VALUE}</dialog>",
        "<h3 id=h><button>Europe</button></h3>"
        f"<div role=region aria-labelledby=h hidden>{VALUE}</div>",
        f"<div role=tabpanel hidden>{VALUE}</div>",
        f"<details><summary>More</summary>{VALUE}</details>",
        f"<button>More</button><div hidden>{VALUE}</div>",
        f"<h5 class=et_pb_toggle_title>Europe</h5><div hidden>{VALUE}</div>",
        f"<h5><a href=#>Europe</a></h5><div hidden>{VALUE}</div>",
        f"<div class='tab-pane active'>a</div><div class=tab-pane hidden>{VALUE}</div>",
        f"<label for=r>Europe</label><input id=r type=radio><hr><label for=r>x</label>"
        f"<div hidden>{VALUE}</div>",
        "<style>.tab-pane{display:none}.tab-pane.active{display:block}</style>"
        f"<div class='tab-pane active'>a</div><div class=tab-pane>{VALUE}</div>",
        "<style>.acc .body{display:none}</style>"
        f"<div class=acc><button>Europe</button><div class=body>{VALUE}</div></div>",
    ],
)
def test_what_a_click_shows_counts_as_seen(page: str) -> None:
    assert seen(page)


@pytest.mark.parametrize(
    "page",
    [
        f"<button>Copy</button><table><tr hidden><td>{VALUE}</td></tr></table>",
        f"<ul><li>a</li><li class=content hidden>{VALUE}</li></ul>",
        f"<p>Words</p><div hidden>{VALUE}</div>",
        f"<table><tr class=tab-x><td>a</td></tr><tr class=tab-x hidden><td>{VALUE}</table>",
        f"<h3>Europe</h3><div hidden>{VALUE}</div>",
        f"<figure class=wp-block-table>a</figure><div hidden>{VALUE}</div>",
        f"<div class=doc-table>a</div><div class=doc-table hidden>{VALUE}</div>",
        f"<div>{'words ' * 30}<button>Copy</button></div><div hidden>{VALUE}</div>",
        f"<div class=content>a</div><div class=content style='display:none'>{VALUE}</div>",
    ],
)
def test_what_no_control_reaches_stays_hidden(page: str) -> None:
    document = read_html(page)
    assert not any(VALUE in line.text for line in document.lines)
    assert any(VALUE in aside.text for aside in document.hidden)


@pytest.mark.parametrize(
    "page",
    [
        f"<s>{VALUE}</s>",
        f"<del>{VALUE}</del>",
        f'<span style="text-decoration: line-through">{VALUE}</span>',
        styled(".x{text-decoration:line-through}"),
        styled(".x{text-decoration-line: underline line-through}"),
        styled(".outer{text-decoration:red line-through}"),
        styled(".outer td{text-decoration:line-through}", f"<table><tr><td>{VALUE}</table>"),
        styled("td{text-decoration:line-through}", f"<table><tr><td>{VALUE}</table>"),
    ],
)
def test_what_is_struck_out_is_told_apart(page: str) -> None:
    document = read_html(page)
    assert [aside.text for aside in document.struck] == [VALUE]
    assert not document.lines


@pytest.mark.parametrize("tag", ["svg><text", "select><option", "textarea"])
def test_text_drawn_in_another_way_is_kept_as_hidden_values_of_a_table(tag: str) -> None:
    (aside,) = read_html(f"<p>a</p><{tag}>{VALUE}").hidden
    assert (aside.text, aside.tabular) == (VALUE, True)


def test_text_that_only_screen_readers_pass_over_is_seen() -> None:
    assert seen(f'<p aria-hidden="true">{VALUE}</p>')
    assert not read_html('<p><span aria-hidden="true">5</span></p>').lines
