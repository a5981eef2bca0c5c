"""Pages that stand in for the one asked for are known by what they show, and by no less."""

from __future__ import annotations

import pytest

from tests.support.hostile import GOOD, ZIPPED, counted, saying, speaking
from tests.support.site import MAIN, SAMPLES, Reply
from tracker import errors
from tracker.fetch.fetcher import Fetcher, Limits
from tracker.parse.pages import explain_refusal
from tracker.parse.pages.error_pages import classify_page

pytestmark = pytest.mark.usefixtures("few_formats")

URL = "https://www.vendor.example/documentation/firewall/"
ONCE = Limits(attempts=1)
MENU = "<nav>" + "<a href=/x>Products and services of the vendor</a>" * 40 + "</nav>"


def html(title: str = "", body: str = "", head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head>"
        f"<body>{body}</body></html>"
    )


CHALLENGED = {
    "cloudflare": html("Just a moment...", "<script>window._cf_chl_opt={cvId:'3'}</script>"),
    "cloudflare, in German": html("Nur einen Moment…", "<script>(_cf_chl_opt)</script>"),
    "cloudflare, block": html("Attention Required! | Cloudflare", "<h1>Sorry</h1>"),
    "cloudflare, words": html("www.vendor.example", "<h2>Verify you are human</h2>"),
    "verifying": html("x", "<h1>Verifying you are human. This may take a few seconds.</h1>"),
    "ddos-guard": html("DDoS-Guard", "<p>Checking your browser before accessing</p>"),
    "sucuri": html("", "<script>sucuri_cloudproxy_js=''</script>"),
    "imperva": html("", '<iframe src="/_Incapsula_Resource?CWUDNSAI=9"></iframe>'),
    "datadome": html("vendor.example", "<script src=https://geo.captcha-delivery.com/c.js>"),
    "human": html("Access to this page", "<div id=px-captcha></div>"),
    "aws": html("", "<script>AwsWafIntegration.checkForceRefresh()</script>"),
    "siteground": html(
        "", '<meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=1">'
    ),
    "recaptcha": html("vendor", "<p>Please.</p><div class=g-recaptcha></div>"),
    "hcaptcha": html("vendor", "<script src=https://js.hcaptcha.com/1/api.js></script>"),
    "robots": html("Are you a robot?", "<p>Press and hold</p>"),
}
LOGINS = {
    "sign in": html("Sign in to your account", MENU),
    "wordpress": html("Log In &lsaquo; Vendor &#8212; WordPress", "<input type=password>"),
    "login": html("Vendor | Login", MENU),
    "a password": html("Vendor", "<form><INPUT name=p TYPE = 'password'></form>"),
    "a heading": html("Vendor", "<h1>Please log in</h1>"),
    "german": html("Anmelden", "<p>Benutzername</p>"),
}
OUT_OF_SERVICE = {
    "wordpress": html("Maintenance", "<p>Briefly unavailable.</p>"),
    "wordpress, newer": html(
        "WordPress", "<h1>Briefly unavailable for scheduled maintenance. Check back.</h1>"
    ),
    "a plugin": html("Site is undergoing maintenance", "<h1>Maintenance mode is on</h1>"),
    "soon": html("We'll be back soon!", "<h1>We'll be back soon!</h1>"),
    "german": html("Wartungsarbeiten", ""),
    "in the title": html("Vendor - Service Unavailable", MENU),
    "in the heading": html("Vendor", "<h1>Down for maintenance</h1>"),
}
MOVED = {
    "404": html("Page not found | Vendor", MENU),
    "error 404": html("404 - Vendor", MENU),
    "heading": html("Vendor", "<h1>This page could not be found</h1>"),
    "refresh": html("x", "", '<meta http-equiv="Refresh" content="0; URL=\'/docs/new/\'">'),
    "refresh elsewhere": html(
        "x", "", "<meta content='3;url=https://new.example/x' http-equiv=refresh>"
    ),
    "canonical": html("Docs", MENU, '<link rel="canonical" href="/documentation/network/">'),
}
KINDS = (
    *((errors.Challenged, text) for text in CHALLENGED.values()),
    *((errors.LoginPage, text) for text in LOGINS.values()),
    *((errors.Maintenance, text) for text in OUT_OF_SERVICE.values()),
    *((errors.Moved, text) for text in MOVED.values()),
)
IDS = (*CHALLENGED, *LOGINS, *OUT_OF_SERVICE, *MOVED)
NO_EVIDENCE = (
    "",
    "just some words",
    html("Firewall configuration | Vendor", "<h1>Firewall configuration</h1>"),
    html("Welcome", "<p>Please log in.</p>"),
    html("Docs", MENU + "<div hidden><form><input type=password></form></div>"),
    html("Docs", MENU + "<div class=cf-turnstile></div>"),
    html("Docs", MENU + "<script src=/cdn-cgi/challenge-platform/x.js></script>"),
    html("Docs", MENU + "<h2>Maintenance mode</h2><h2>Log in</h2><h2>Security check</h2>"),
    html("Docs", "<!-- <title>Just a moment...</title><input type=password> _cf_chl_opt -->"),
    html("Docs", "", f'<link rel=canonical href="{URL}">'),
    html(
        "Docs", "", '<link rel=canonical href="https://vendor.example/documentation/firewall">'
    ),
    html("Docs", "", '<link rel="stylesheet" href="/x.css"><meta name=x content="0; url=/y">'),
    html("Docs", "", '<meta http-equiv=refresh content="600">'),
    html("Docs", "", '<link rel=canonical href="http://[">'),
    html("Ports of the sign-in and maintenance servers that are used by the agents", MENU),
)


@pytest.mark.parametrize(("error", "text"), KINDS, ids=IDS)
def test_a_stand_in_is_named(error, text):
    found = classify_page(text, URL)
    assert type(found) is error
    assert str(found).startswith(URL)
    assert str(found).isprintable()


@pytest.mark.parametrize("text", NO_EVIDENCE)
def test_without_evidence_nothing_is_said(text):
    assert classify_page(text, URL) is None


def test_a_redirect_to_a_page_of_another_name_is_evidence():
    home = "https://www.vendor.example/"
    assert isinstance(classify_page(html("Vendor"), home, URL), errors.Moved)
    assert classify_page(html("Vendor"), URL.rstrip("/"), URL) is None


@pytest.mark.parametrize(
    "piece", ["<!--", "<input ", "<h1>", "<meta ", "<title", "<", 'a="', "<script"]
)
def test_no_page_makes_it_slow(piece):  # as pytest's time-out would tell
    text = piece * (2**22 // len(piece))
    assert classify_page(text, URL) is None


@pytest.mark.parametrize(("error", "text"), KINDS, ids=IDS)
def test_a_run_fails_by_that_name_and_keeps_the_last_version(site, fwtracker, error, text):
    site.show(text)
    ran = fwtracker("run", "--url", site.url, "--json")
    assert (ran.status, ran.json[0]["error"]["name"]) == (1, error.name)


def test_marks_on_a_page_that_can_be_read_mean_nothing(site, fwtracker):
    page = GOOD.replace(b"<body", b"<script>_cf_chl_opt</script><input type=password><body", 1)
    site.show(page.replace(b"<title>", b"<title>Login | "))
    assert fwtracker("run", "--url", site.url).status == 0


def test_a_challenge_in_place_of_one_region_fails_the_whole_check(site, fwtracker):
    site.show_sample("2026-02")
    site.show(CHALLENGED["cloudflare"], f"{MAIN}region-europe/")
    ran = fwtracker("run", "--url", site.url, "--json")
    assert (ran.status, ran.json[0]["error"]["name"]) == (1, "challenged")
    assert "region-europe" in ran.json[0]["error"]["message"]


def test_a_page_below_that_is_no_region_changes_nothing(site, fwtracker):
    site.show_sample("2026-02")
    main = site.pages[MAIN].body.replace(b"</body>", b'<a href="faq/">FAQ</a></body>')
    site.show(main)
    site.show(html("FAQ", MENU, '<link rel=canonical href="/faq/">'), f"{MAIN}faq/")
    assert fwtracker("run", "--url", site.url).status == 0


HEAD = b"HTTP/1.1 %d X\r\nContent-Type: text/html\r\nConnection: close\r\n%s"


@pytest.mark.parametrize(
    ("status", "extra", "body", "error"),
    [
        (200, b"cf-mitigated: challenge\r\n", GOOD, errors.Challenged),
        (403, b"cf-mitigated: challenge\r\n", b"", errors.Challenged),
        (429, b"cf-mitigated: challenge\r\n", b"", errors.Challenged),
        (403, b"", CHALLENGED["cloudflare"].encode(), errors.Challenged),
        (503, b"", CHALLENGED["cloudflare"].encode(), errors.Challenged),
        (403, b"", b"<h1>Forbidden</h1>", errors.Refused),
        (401, b"", b"", errors.LoginPage),
        (503, b"", b"", errors.Maintenance),
        (503, b"Retry-After: 99\r\n", b"busy", errors.RateLimited),
        (503, b"Retry-After: 99\r\n", OUT_OF_SERVICE["wordpress"].encode(), errors.Maintenance),
        (404, b"", OUT_OF_SERVICE["wordpress"].encode(), errors.Moved),
        (410, b"", b"", errors.Moved),
        (500, b"", b"", errors.Refused),
    ],
)
def test_a_status_is_read_with_what_came_with_it(status, extra, body, error):
    answer = counted(body, HEAD % (status, extra))
    with speaking(saying(answer)) as url, Fetcher(ONCE, explain=explain_refusal) as fetcher:
        fetcher.allow(url)
        with pytest.raises(errors.FetchError) as caught:
            fetcher.get(url)
    assert type(caught.value) is error
    assert caught.value.retry_after == (99 if b"Retry-After" in extra else None)


@pytest.mark.parametrize(
    "answer",
    [
        HEAD % (403, b"Content-Length: 999\r\n") + b"\r\ncut",
        HEAD % (403, b"Content-Encoding: br\r\n") + b"\r\nxx",
        ZIPPED.replace(b"200 OK", b"403 No") + b"\r\nnot packed",
        HEAD % (403, b"") + b"\r\n" + b"x" * 2**20,
    ],
)
def test_a_refusal_counts_even_where_its_words_do_not_come(answer):
    with speaking(saying(answer)) as url, Fetcher(ONCE, explain=explain_refusal) as fetcher:
        fetcher.allow(url)
        with pytest.raises(errors.Refused, match="HTTP 403"):
            fetcher.get(url)


def test_a_generation_of_the_page_is_never_taken_for_something_else():
    for file in SAMPLES.rglob("*.html"):
        found = classify_page(file.read_text("utf-8"), URL)
        assert found is None or isinstance(found, errors.Moved), file  # their canonical links


def test_the_words_of_a_status_are_kept(site, fwtracker):
    site.pages[MAIN] = Reply(status=404)
    assert "there is no such page (HTTP 404)" in fwtracker("run", "--url", site.url).err
