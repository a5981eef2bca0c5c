"""Pages and lines that are made to be slow: depth, width, spans, header words, long cells."""

from __future__ import annotations

from tests.support.readings import row, table

KIB = 1024
SIZE = 100 * KIB

TABLE = table(row("a.com", "Outbound", "443 TCP", "x", "Agents"))
FORMATTING = "".join(f"<b id={number}>" for number in range(60))
HEAD = "<th>Resource</th><th>Type</th><th>Ports</th>"


def page(body: str) -> str:
    return f"<!DOCTYPE html><html><body>{body}</body></html>"


def filled(piece: str, size: int = SIZE) -> str:
    return (piece * (size // len(piece) + 1))[:size]


def stack(*columns: str) -> str:
    names = ("Resource", "Type", "Port & Protocol", "Required for", "Components")
    return "\n\n".join(f"{n}\n\n{c}" for n, c in zip(names, columns, strict=False))


# Each of at most 100 KB.
SMALL = {
    "bold, never ended": page(filled("<b>")),
    "nested boxes": page(filled("<div>")),
    "nested lists": page(filled("<ul><li>")),
    "nested tables": page(filled("<table><tr><td>")),
    "nested tables with headers": page(filled(f"<table><tr>{HEAD}</tr><tr><td>")),
    "nested details": page(filled("<details><summary>Region: Europe</summary>")),
    "nested definition lists": page(filled("<dl><dt>Type</dt><dd>Outbound")),
    "nested roles": page(filled("<div role=table><div role=row><div role=cell>")),
    "ends without beginnings": page(filled("</div></td></table>")),
    "formatting around paragraphs": page(FORMATTING + filled("<p>x")),
    "formatting in paragraphs": page(f"<p>{FORMATTING}</p>" + filled("<p>x</p>")),
    "formatting in cells": page(f"<table><tr><td><p>{FORMATTING}</p>" + filled("<td>x")),
    "bold paragraphs": page(filled("<b><p>")),
    "links around boxes": page(filled("<a><div>")),
    "misnested formatting": page(filled("<b><i></b></i>")),
    "misnested boxes": page(filled("<a><b><div></a></b></div>")),
    "links between cells": page("<table>" + filled("<a>x")),
    "text between cells": page("<table>" + filled("a<!---->")),
    "elements between cells": page("<table>" + filled("a<b></b>")),
    "attributes": page("<p " + " ".join(f"a{n}" for n in range(15_000)) + ">"),
    "attributes of many elements": page(
        filled("<p " + " ".join(f"a{n}" for n in range(200)) + ">")
    ),
    "style rules": page(f"<style>{filled('.a .b{display:none}', SIZE // 2)}</style>")
    + filled("<i class='a b'>x</i>", SIZE // 2),
    "style rules for all": page("<style>" + filled("* *{display:none}", 2000) + "</style>")
    + filled("<i>x</i>", SIZE - 3000),
    "style rules that look around": page(
        "<style>"
        + "".join(f"div:has(.b:has(i)) div:nth-child({n}n) .b{{opacity:0}}" for n in range(500))
        + f"</style>{'<div>' * 200}{filled('<i class=b>x</i>', SIZE // 2)}"
    ),
    "style rules inside rules": page(f"<style>{filled('@media screen{')}</style>"),
    "brackets in style rules": page(
        f"<style>.a:not({filled('(', SIZE // 2)}{{opacity:0}}</style>"
    ),
    "style attributes": page(filled(f"<i style='{'a:b;' * 50}display:none'>x</i>")),
    "panels side by side": page(filled("<div class=tab hidden>x</div>")),
    "panels below buttons": page(filled("<p><button>x</button></p><div hidden>y</div>")),
    "names of one panel": page("<p id=a>" + filled("<p aria-controls=a>")),
    "templates": page(filled("<template>")),
    "noscript": page(filled("<noscript><td>192.0.2.1</noscript>")),
    "objects": page(filled("<object><b>")),
    "marquees": page(filled("<b><td><marquee>")),
    "ampersands": page(filled("&")),
    "comments": page(filled("<!-- x -->")),
    "comments never ended": page(filled("<!-- ")),
    "half tags": page(filled("<")),
    "half attributes": page(filled("<a b=' ")),
    "entities": page(filled("&amp;&#38;&nbsp")),
    "links": page(filled("<a href='a/b'>c</a>")),
    "anchors never ended": page(filled("<a href=x>")),
    "line breaks": page("<br>" * 25_000),
    "empty rows": page("<table>" + filled("<tr>") + "</table>"),
    "empty cells": page(f"<table><tr>{HEAD}</tr><tr>{filled('<td>')}</table>"),
    "wide row": page(f"<table><tr>{HEAD}{filled('<td>x')}</table>"),
    "header rows": page(f"<table>{filled(f'<tr>{HEAD}</tr>')}</table>"),
    "full-width rows": page(
        f"<table><tr>{HEAD}</tr>{filled('<tr><td colspan=3>Region: Europe</tr>')}</table>"
    ),
    "spans down": page(
        f"<table><tr>{HEAD}</tr>{filled('<tr><td rowspan=65534>a.com')}</table>"
    ),
    "spans across": page(f"<table><tr>{HEAD}</tr>{filled('<tr><td colspan=1000>x')}</table>"),
    "spans both ways": page(
        f"<table><tr>{HEAD}</tr>"
        + filled("<tr><td rowspan=65534 colspan=1000>x<td rowspan=65534>y</tr>")
        + "</table>"
    ),
    "small tables": page(filled(TABLE)),
    "regions": page(filled(f"<h3>Region: Europe</h3>{TABLE}")),
    "good rows": page(
        f"<table><tr>{HEAD}</tr>"
        + filled("<tr><td>a.com<td>Outbound<td>443 TCP</tr>")
        + "</table>"
    ),
    "rows that all differ": page(
        f"<table><tr>{HEAD}</tr>"
        + "".join(f"<tr><td>10.0.{n // 256}.{n % 256}<td>Out<td>1 TCP" for n in range(2_400))
        + "</table>"
    ),
    "one cell of addresses": page(
        table(row(filled("10.1.2.3<br>", 90 * KIB), "Outbound", "1 TCP", "", ""))
    ),
    "headings": page(filled("<h1>a</h1><h2>b</h2><h3>c</h3>")),
    "header words": "\n\n".join(["Resource", "Type", "Ports"] * 3_000),
    "header words in boxes": page("<p>Resource</p><p>Type</p><p>Ports</p>" * 2_500),
    "headers and directions": page("<p>Resource</p><p>Type</p><p>Out</p><p>Ports</p>" * 2_000),
    "directions": stack("a.com", filled("Outbound\n"), "443 TCP"),
    "stack of as many rows": stack(
        *("\n".join([text] * 1_500) for text in ("a.com", "Outbound", "443 TCP", "x", "Agents"))
    ),
    "stack with one resource": stack(
        "a.com", *("\n".join([text] * 2_000) for text in ("Outbound", "443 TCP", "x", "Agents"))
    ),
    "stack of two hosts": stack(
        "\n".join(["a.com", "b.com"] * 400),
        *("\n".join([text] * 1_600) for text in ("Outbound", "443 TCP", "x", "Agents")),
    ),
    "stack of labels": stack(
        "\n".join(["Servers:", "10.0.0.1", "10.0.0.2"] * 900),
        *("\n".join([text] * 900) for text in ("Outbound", "443 TCP", "x", "Agents")),
    ),
    "stack of audiences": stack(
        "\n".join(f"Servers in P{n}:\n10.0.{n // 256}.{n % 256}" for n in range(600)),
        "\n".join(["Outbound"] * 600),
        "\n".join(["443 TCP"] * 600),
        "\n".join(f"(Required - only for P{n}) x" for n in range(600)),
        "\n".join(["Agents"] * 600),
    ),
    "commas in a stack": stack(
        "a.com", filled("Outbound\n", 40 * KIB), filled("443 TCP,\n", 50 * KIB)
    ),
    "Markdown": "| Resource | Type | Ports |\n|---|---|---|\n"
    + "| a.com | Outbound | 443 TCP |\n" * 3_000,
    "pipes": filled("|"),
    "blank lines": filled("\n"),
    "white space": page(filled(" ")),
    "one long word": page(f"<p>{filled('a')}</p>"),
    "invisible": page(filled("\u200b\u00ad", 30 * KIB)),
    "combining": page("a" + filled("\u0301", 40 * KIB)),
    "marks": page(filled("<sup>1</sup>")),
    "title": f"<html><title>{filled('a | b - ')}</title></html>",
    "headings for a stand-in": page("<h1>" + filled("<h2>x")),
}

# More than any real page has, to show the effect of depth and width.
LARGE = {
    "200,000 nested boxes": page("<div>" * 200_000),
    "200,000 nested boxes with ends": page("<div>" * 200_000 + "x" + "</div>" * 200_000),
    "200,000 boxes side by side": page("<div>x</div>" * 200_000),
    "200,000 line breaks": page("x<br>" * 200_000),
    "3,000 nested tables": page("<table><tr><td>" * 3_000 + "x" + "</td></tr></table>" * 3_000),
    "3,000 nested tables with headers": page(f"<table><tr>{HEAD}</tr><tr><td>" * 3_000),
    "5,000 directions in a stack": stack("a.com", "Outbound\n" * 5_000, "443 TCP\n" * 5_000),
    "10,000 header words": "\n\n".join(["Resource", "Type", "Ports", "Components"] * 2_500),
    "20,000 rows": page(
        f"<table><tr>{HEAD}</tr>" + "<tr><td>a.com<td>Out<td>443 TCP" * 20_000 + "</table>"
    ),
    "50,000 line breaks in a cell": page(
        table(row("a.com" + "<br>" * 50_000, "Outbound", "443 TCP", "", ""))
    ),
}

LINES = {
    "dots": ".",
    "digits": "1",
    "dotted digits": "1.",
    "commas": ",",
    "digits and commas": "1,",
    "thousands": "50,000,",
    "dashes": "-",
    "digits and dashes": "1-",
    "digits and spaced dashes": "1 - ",
    "ranges": "1-2,",
    "spaces and dashes": " -",
    "colons": "a:",
    "hexadecimal": "f:",
    "brackets": "(",
    "bracket pairs": "()",
    "bracketed words": "(Required",
    "required": "(required - for",
    "labels": "a.a-",
    "host": "aa.",
    "wildcards": "*.",
    "addresses": "1.2.3.4 ",
    "addresses joined": "1.2.3.4",
    "address ranges": "1.2.3.4 - ",
    "addresses through": "1.2.3.4 through ",
    "TCP": "TCP ",
    "TCP and UDP": "TCP and UDP ",
    "TCP commas": "TCP,",
    "443 TCP": "443 TCP ",
    "TLS": "TLS ",
    "TLS versions": "TLS 1.2 ",
    "between": "between 1 and ",
    "proprietary": "proprietary by M",
    "slashes": "/",
    "spaces": " ",
    "no-break spaces": "\u00a0",
    "components": "Agents, ",
    "a component": "Agents &",
    "component brackets": "A(b, ",
    "letters": "A",
    "words": "only for the ",
    "semicolons": "; ",
    "plus": "1+",
    "signs": "!?",
    "urls": "https://a.com/",
}
