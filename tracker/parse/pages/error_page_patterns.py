"""Words and code by which a page that stands in for another one is known.

Seen on challenge, login and maintenance pages of Cloudflare, Imperva, DataDome, HUMAN, AWS,
SiteGround, DDoS-Guard, Sucuri, WordPress and others. Every repetition is bounded or stops at
the next tag, so no page can make a search slow. `answers.py` says what they mean.
"""

from __future__ import annotations

import re

CHALLENGE_CODE = re.compile(
    r"_cf_chl_opt|id=[\"']?(?:challenge-form|challenge-running)\b|_Incapsula_Resource"
    r"|px-captcha|captcha-delivery\.com|AwsWafIntegration|/sgcaptcha/|__ddg\d_|sucuri_cloudproxy",
    re.IGNORECASE,
)
CHALLENGE_WORDS = re.compile(
    r"\bverify(?:ing)? (?:that )?you are (?:a )?human|^just a moment\b|^one moment, please"
    r"|checking (?:your browser|if the site connection is secure)|are you a (?:robot|human)"
    r"|^attention required!|robot check|human verification|security check"
    r"|enable javascript and cookies to continue|unusual traffic|not a robot|ddos[ -]guard",
    re.IGNORECASE,
)
CAPTCHA = re.compile(
    r"g-recaptcha|h-captcha|hcaptcha\.com|cf-turnstile|recaptcha/api", re.IGNORECASE
)
PASSWORD = re.compile(r"<input\b[^<>]{0,500}?\btype\s*=\s*[\"']?password\b", re.IGNORECASE)
LOGIN_WORDS = re.compile(
    r"^(?:(?:please |you (?:must|need to) )?(?:sign|log)[ -]?(?:in|on)\b|anmeld"
    r"|authentication required|connexion\b|iniciar sesi|inloggen|login\b)",
    re.IGNORECASE,
)
MAINTENANCE_WORDS = re.compile(
    r"\b(?:under|scheduled|planned|routine|for|down for|site|website|system) maintenance\b"
    r"|\bmaintenance (?:mode|break|page|work|in progress)\b|^maintenance$"
    r"|\bback (?:soon|shortly)\b|^service unavailable\b"
    r"|\btemporarily (?:unavailable|offline|down|closed|out of service)\b"
    r"|\bunavailable for (?:scheduled )?maintenance\b|\bwartungsarbeiten\b",
    re.IGNORECASE,
)
GONE_WORDS = re.compile(
    r"^(?:error )?404\b|\bpage (?:was |could )?not (?:be )?found\b|^not found$"
    r"|\bpage (?:has|was) (?:been )?(?:moved|removed)\b|\bno longer (?:available|exists)\b",
    re.IGNORECASE,
)
SOON_WORDS = re.compile(
    r"\b(?:com(?:es?|ing)|available|online|here|published|added|documented|follows?|ready|live)"
    r" (?:very |quite )?(?:soon|shortly|later)\b|^soon\b|\bsoon[.!…]*$|\bstay tuned\b"
    r"|\bunder construction\b|\bwork in progress\b|\bin preparation\b|\bplaceholder\b"
    r"|\bto be (?:announced|added|confirmed|defined|determined|documented|provided|published)\b"
    r"|\bt\.?b\.?[acd]\b|\bnot (?:yet )?available\b|\bnot (?:yet|published)\b"
    r"|\b(?:launch|open|arriv|start)(?:es|s|ing)\b|\bplanned for\b",
    re.IGNORECASE,
)
TITLE = re.compile(r"<title\b[^<>]{0,200}>([^<]{0,500})", re.IGNORECASE)
HEADING = re.compile(r"<h[12]\b[^<>]{0,500}>(.{0,500}?)</h[12]", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"<(meta|link)\b([^<>]{0,1000})>", re.IGNORECASE)
ATTRIBUTE = re.compile(
    r"([\w-]{1,30})\s*=\s*(?:\"([^\"]{0,800})\"|'([^']{0,800})'|([^\s\"'>]+))"
)
REFRESH = re.compile(r"^\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?[\"']?(.+?)[\"']?\s*$", re.IGNORECASE)
PARTS = re.compile(r"\s[|–—·‹›«»:-]+\s|:\s|[|‹›«»]")
