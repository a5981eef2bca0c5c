"""Finds names of regions in titles, in their usual spelling, without signs and notes.

Pure. `sources` decides which names are regions of a source.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from tracker.sources import Source

_LONGEST_PLACE = 4  # words
_LONG_WORD = 4  # letters; shorter ones in capitals may be codes
_MOST_STRIPS = 8  # layers around a name: a bullet, a number, quotes, bold type ...
_MACRO_REGIONS = (
    "Europe|European Union|European Economic Area|North America|South America|Latin America"
    "|Central America|Americas|Africa|South Africa|North Africa|Asia|East Asia|South Asia"
    "|Southeast Asia|Asia Pacific|Asia-Pacific|Middle East|Middle East and Africa"
    "|Middle East & Africa|Oceania|Australia|Caribbean|Nordics|Scandinavia|Benelux|Balkans"
    "|Western Europe|Eastern Europe|Northern Europe|Southern Europe|Central Europe|GovCloud"
)
_COUNTRIES = (
    "United States|United States of America|United Kingdom|Great Britain|England|Scotland"
    "|Ireland|Germany|France|Italy|Spain|Portugal|Netherlands|Belgium|Luxembourg|Switzerland"
    "|Austria|Poland|Czech Republic|Czechia|Slovakia|Hungary|Romania|Bulgaria|Greece|Croatia"
    "|Slovenia|Serbia|Ukraine|Sweden|Norway|Denmark|Finland|Iceland|Estonia|Latvia|Lithuania"
    "|Turkey|Israel|United Arab Emirates|Saudi Arabia|Qatar|Bahrain|Kuwait|Egypt|Kenya"
    "|Nigeria|Morocco|India|Pakistan|Bangladesh|Sri Lanka|China|Hong Kong|Taiwan|Japan"
    "|South Korea|Korea|Singapore|Malaysia|Indonesia|Thailand|Vietnam|Philippines"
    "|New Zealand|Canada|Mexico|Brazil|Argentina|Chile|Colombia|Peru|Uruguay|Russia"
)
_CITIES = (
    "Frankfurt|London|Paris|Dublin|Amsterdam|Stockholm|Zurich|Milan|Madrid|Warsaw|Tokyo"
    "|Osaka|Seoul|Mumbai|Hyderabad|Sydney|Melbourne|Auckland|Montreal|Toronto|Virginia"
    "|Oregon|Ohio|California|Cape Town|Jakarta|Dubai|Tel Aviv"
)
_PLACES = {name.lower(): name for name in f"{_MACRO_REGIONS}|{_COUNTRIES}|{_CITIES}".split("|")}
# Words that are places only in capitals.
_CODES = frozenset(
    "EU EEA US USA UK GB UAE NA SA AU ANZ APAC APJ EMEA LATAM AMER AMERS MENA DACH CIS GCC"
    " ASEAN NORAM".split()
)
_ADJECTIVES = frozenset("european american asian african australian canadian".split())
# A code in brackets that repeats the place: "Europe (EU)".
_OWN_CODES = {
    "europe": ("EU",),
    "european union": ("EU",),
    "north america": ("NA", "NAM", "NORAM"),
    "south america": ("SA", "SAM"),
    "latin america": ("LATAM",),
    "asia pacific": ("APAC", "AP"),
    "asia-pacific": ("APAC", "AP"),
    "middle east": ("ME",),
    "australia": ("AU", "AUS"),
    "united kingdom": ("UK", "GB"),
    "united states": ("US", "USA"),
    "canada": ("CA",),
    "india": ("IN",),
    "japan": ("JP",),
    "brazil": ("BR",),
}
_SMALL_WORDS = frozenset("and of the for".split())
# Words for parts of a page or a product; a title with one of them is not a region's name.
_PARTS_OF_A_PAGE = (
    "access additional address addresses agent agents all allow cloud common configuration"
    " connection connections connectivity console consoles deny deployer details domain domains"
    " download downloads endpoint endpoints example examples firewall general host hosts"
    " inbound introduction ip ips legacy management network note notes optional other outbound"
    " overview port ports protocol protocols recommended reference relay relays remote required"
    " requirements resource resources rule rules server servers service services settings"
    " software support table tables traffic update updates url urls"
)
_NO_PLACE = frozenset(_PARTS_OF_A_PAGE.split())
_SHORT = 60  # characters; longer titles are not names
_MOST_WORDS = 6
_WORD = re.compile(r"[^\W\d_]+")
_CLOUD_CODE = re.compile(r"^[a-z]{2,4}(-[a-z]+)+-?\d*$")  # "ap-southeast-1"
# The number of a table or section before its title: "Table 2 - ", "2.3 ", "A) ", "III. ".
_NUMBER = re.compile(
    r"""^(?:
      (?:table|tab\.|figure|fig\.|section|chapter|part|step|appendix|annex|list|no\.|nr\.)
        \s*(?:\d+(?:[.-]\d+)*[a-z]?|[a-z]|[ivxlc]+)\b\s*[.:)\]–—|-]*\s+
    | [(\[]?\d{1,3}(?:\.\d{1,2}){0,2}[.:)\]]*\s+
    | [(\[]?(?:[a-z]|[ivxlc]{1,6})[.)\]]+\s+
    )(?=\S)""",
    re.IGNORECASE | re.VERBOSE,
)
_NOTE = re.compile(
    r"(?:\s*\[\s*(?:note\s*)?(?:[0-9]{1,2}|[a-z]|[ivx]{1,4}|[*†‡§¶#]{1,3})\s*\]"
    r"|\s*[*†‡]+|[\u00b9\u00b2\u00b3\u2070-\u2089\u2460-\u2473]+)+$",
    re.IGNORECASE,
)
_ANCHOR_NAME = re.compile(r"\s*\{#[\w:.-]+\}$")  # in Markdown: "Europe {#eu}"
_IN_BRACKETS = re.compile(r"^(?P<name>.+?)\s*[(\[](?P<code>[A-Z]{2,5})[)\]]$")
_LABEL = re.compile(
    r"^(?:the\s+)?(?P<label>region|location|data\s*cent(?:er|re)|instance|geography|country"
    r"|area|site)(?P<sign>\s*(?:\d+\s*)?[:–—|-]\s*|\s+)(?P<name>\S.*)$",
    re.IGNORECASE,
)
_IS_LABEL = re.compile(
    r"^(?:the\s+)?(?:region|location|data\s*cent(?:er|re)|geography|country)s?$", re.IGNORECASE
)
_REGION_AFTER = re.compile(r"^(?:the\s+)?(?P<name>\S.*?)\s+region$", re.IGNORECASE)
_VOWEL = re.compile(r"[AEIOUYÀ-ÖØ-Ý]")
_DASH_IN_WORD = re.compile(r"(?<=\w)[‐‑–—](?=\w)")
_SEVERAL = re.compile(r"\s*(?:,|/|&|\+|\||\band\b|\bor\b)\s*", re.IGNORECASE)


@lru_cache(maxsize=1024)
def strip_title(text: str) -> str:
    """Return a title without the signs, numbers, notes, quotes and Markdown around it."""
    for _ in range(_MOST_STRIPS):
        before = text
        text = _strip_signs(_ANCHOR_NAME.sub("", _NOTE.sub("", text.strip())))
        if (match := _NUMBER.match(text)) and text[match.end() :].strip("()[] .")[:1].isalpha():
            text = text[match.end() :]
        if text == before:
            break
    return text


def _strip_signs(text: str) -> str:
    """Return the text without signs at its ends, and without brackets around all of it."""
    start, end = 0, len(text)
    while start < end and not _is_part_of_name(text[start], opening="([", text=text):
        start += 1
    while start < end and not _is_part_of_name(text[end - 1], opening=")]", text=text):
        end -= 1
    text = text[start:end]
    if text[:1] in {"(", "["} and text[-1:] in {")", "]"} and text.count(text[0]) == 1:
        return text[1:-1].strip()
    return text


def _is_part_of_name(sign: str, *, opening: str, text: str) -> bool:
    if sign in opening:  # an unpaired bracket is a sign
        return any(other in text for other in {"(": ")", "[": "]", ")": "(", "]": "["}[sign])
    return unicodedata.category(sign)[0] in {"L", "M", "N"}


def normalize_name(name: str) -> str:
    """Return a region's name in its usual spelling: known places, and no words in capitals.

    Codes stay as they are. "NORTH AMERICA 2" becomes North America 2, "OSLO" becomes Oslo.
    """
    words = _DASH_IN_WORD.sub("-", strip_title(name)).split()
    in_capitals = any(map(_is_long_in_capitals, words))
    found: list[str] = []
    at = 0
    while at < len(words):
        place, size = _match_place(words, at)
        word = words[at]
        found.append(place or (_spell_word(word, is_first=not found) if in_capitals else word))
        at += size
    if len(found) > 1 and found[0].lower() == "the" and found[1] in _PLACES.values():
        del found[0]
    return _drop_own_code(" ".join(found))


def _match_place(words: list[str], at: int) -> tuple[str | None, int]:
    """Return the known place that begins at a word, or None, and its number of words."""
    for size in range(min(_LONGEST_PLACE, len(words) - at), 0, -1):
        if place := _PLACES.get(" ".join(words[at : at + size]).lower()):
            return place, size
    return None, 1


def _is_long_in_capitals(word: str) -> bool:
    letters = sum(sign.isalpha() for sign in word)
    return letters >= _LONG_WORD and word.isupper() and word not in _CODES


def _spell_word(word: str, *, is_first: bool) -> str:
    """Return a word of a name in capitals in its usual spelling; codes and initials stay."""
    is_code = word.strip("()[].,:").partition("-")[0] in _CODES or not _VOWEL.search(word)
    if is_code or not word.isupper():
        return word
    if word.lower() in _SMALL_WORDS and not is_first:
        return word.lower()
    return _capitalize(word)


def _capitalize(word: str) -> str:
    return "-".join(part[:1] + part[1:].lower() for part in word.split("-"))


def _drop_own_code(name: str) -> str:
    match = _IN_BRACKETS.match(name)
    if match and match["code"] in _OWN_CODES.get(match["name"].lower(), ()):
        return match["name"]
    return name


def find_region_in_title(
    text: str, source: Source, page_region: str | None = None, *, in_words: bool = False
) -> str | None:
    """Return the region that a title certainly names, in its usual spelling, or None.

    With `in_words`, words common on firewall pages may be around it: "Servers in Europe".
    """
    for wording in _iter_wordings(text):
        if name := source.find_region(wording, page_region):
            return normalize_name(name)
    if in_words and source.region_titles:
        name = source.find_region_in_words(normalize_name(text))
        return normalize_name(name) if name else None
    return None


def _iter_wordings(text: str) -> Iterator[str]:
    """Yield the forms of a title that may be a source's region, the simplest first."""
    bare = strip_title(text)
    if match := _LABEL.match(bare):
        name = normalize_name(match["name"])
        if match["label"].lower() == "region" and not match["sign"].isspace():
            yield f"Region: {name}"
        yield name
    usual = normalize_name(bare)
    if match := _REGION_AFTER.match(usual):
        yield match["name"]
    yield from (bare, usual, text)


def find_place_called_region(text: str) -> str | None:
    """Return the place in titles such as "Singapore region" or "Region Singapore", or None."""
    bare = strip_title(text)
    match = _LABEL.match(bare) or _REGION_AFTER.match(bare)
    name = normalize_name(match["name"]) if match else ""
    return name if is_place(name) else None


def may_name_region(text: str) -> bool:
    """Return whether a title has a label for a place, followed by a possible name."""
    match = _LABEL.match(strip_title(text))
    return bool(
        match
        and not match["sign"].isspace()
        and is_label(match["label"])
        and is_name(match["name"])
    )


def is_place(name: str) -> bool:
    """Return whether this is a well-known place, possibly with a number."""
    words = name.split()
    if len(words) > 1 and words[-1].isdecimal():
        words.pop()
    return " ".join(words).lower() in _PLACES or " ".join(words) in _CODES


def find_place(text: str) -> str | None:
    """Return the first known place in a text, or None."""
    words: list[str] = re.findall(r"[^\W_]+(?:-[^\W_]+)*|&", text)
    in_capitals = text.isupper()
    for at, word in enumerate(words):
        if place := _match_place(words, at)[0]:
            return place
        if (word in _CODES and not in_capitals) or word.lower() in _ADJECTIVES:
            return word
    return None


def names_several(name: str, source: Source) -> bool:
    """Return whether the name consists of several regions: "Europe and Australia"."""
    if is_place(name):
        return False
    parts = _SEVERAL.split(name)
    return len(parts) > 1 and all(source.find_region(part) for part in parts)


def is_label(text: str) -> bool:
    """Return whether the text is only a label for a region, such as "Region:"."""
    return _IS_LABEL.match(strip_title(text)) is not None


def is_short(text: str) -> bool:
    """Return whether the text can be a title: it is short and not a sentence."""
    return len(text) <= _SHORT and not text.endswith((".", "!", "?"))


def is_name(text: str) -> bool:
    """Return whether the text can be a place's name: a few capitalised words."""
    if _CLOUD_CODE.match(text):
        return True
    words = _WORD.findall(text)
    return (
        is_short(text)
        and 0 < len(words) <= _MOST_WORDS
        and words[0][0].isupper()
        and all(len(word) < _LONG_WORD or word[0].isupper() for word in words)
        and not has_page_word(text)
    )


def has_page_word(text: str) -> bool:
    """Return whether the text has a word common on firewall pages: "servers", "optional"."""
    return any(word.lower() in _NO_PLACE for word in _WORD.findall(text))
