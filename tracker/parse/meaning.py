"""Finds words that may change the meaning of a row or a table, such as "retired" or a date.

Vendors mark rows and tables as retired, forbidden, planned or as an example in headings,
labels, captions, full-width rows and status cells. A column with an unknown header contains
plain words, or values that may limit its rows: protocols, ports, yes and no, dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from tracker.parse.values import MOST_TEXTS, find_values

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = (
    r"(?:19|20)\d\d\b"
    r"(?!\.\d|\s+(?:endpoint|agent|user|device|client|host|port|server|second)s?\b)"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
DATE = (
    r"(?:\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?\b(?!\.\d)"
    r"|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d)\b(?!\.\d)"
    rf"|{_DAY}\s+(?:of\s+)?{MONTH}|{MONTH}(?:\s+{_DAY}\b)?"
    rf"|q[1-4]\b|h[12]\s+(?={_YEAR})|{_YEAR}|(?:spring|summer|autumn|fall|winter)\b)"
)
# "until the end of 2026", "from early June", "before next year", "until further notice"
_MOMENT = (
    r"(?:(?:about|around|approximately|the|end|start|beginning|middle|mid|early|late|of|on|in)"
    rf"[\s-]+)*(?:{DATE}|further notice|tomorrow|today|now on"
    r"|(?:the |this |next )?(?:week|month|quarter|year)\b)"
)
_LIMITS = (
    r"until|till?|through|thru|up to|before|by|prior to|after|from|starting(?: on| from| in)?"
    r"|beginning(?: on| in)?|effective(?: from| as of| on)?|as (?:of|from)|only in"
)
_TIMES = (
    rf"\b(?:{_LIMITS})\s*:?\s+{_MOMENT}"
    r"|\bvalid(?:ity)?[ :]+(?:until|till?|to|through|thru|from|before|after)\b"
    r"|\b(?:un)?til further notice\b|\bfor a limited time\b"
)
_ITEMS = (
    r"(?:server|address|addresse|host|rule|entrie|entry|relay|range|ip|endpoint|domain|url"
    r"|record|value|table|list|port|name|data center|configuration|setting|region)s?\b"
)
_POINTING = r"(?:these|this|those|all|any|the following|everything|the|traffic|access)\b"
_USED = (
    r"(?:used|in use|in force|in effect|in service|needed|required|necessary|active|supported"
    r"|valid|available|enabled|applicable|live|recommended|maintained|operational|relevant"
    r"|reachable|online|current|released|introduced|open)\b"
)
_ALLOW = (
    r"(?:allow(?:ed)?|open(?:ed)?|use|add(?:ed)?|permit(?:ted)?|accept(?:ed)?|enabled?"
    r"|connect|white-?list(?:ed)?|unblock(?:ed)?|configured?|create)\b"
)
_NOT = (
    r"(?:not|never|cannot|no"
    r"|(?:do|does|did|is|are|was|were|should|must|need|can|could|has|have)n['’]?t)"
)
_RETIRED = (
    r"deprecat(?:ed|ion|ing)|obsolet(?:e|ed|ing)|retir(?:ed|ing|ement)|removed|deleted"
    r"|to (?:be )?remove|remove (?:these|this|the following)|decommission(?:ed|ing)?"
    r"|discontinu(?:ed|ing|ation)|inactive|inactivated|deactivated|unused|dormant|unassigned"
    r"|defunct|dead|withdrawn|abandoned|cancell?ed|expire[sd]|expiring|outdated|superseded"
    r"|replaced|suspended|ceased|terminated|unsupported|unavailable|stale|disused"
    r"|out[- ]of[- ](?:date|use|force|service|order)|no longer\b|not any ?more|any ?more"
    r"|former(?:ly)?|historic(?:al(?:ly)?)?|legacy|eol|eos|eosl"
    r"|end[- ]of[- ](?:life|support|sale|service|use|lifetime)"
    r"|sunset(?:ted|ting)?|phas(?:ed|ing|e)[- ]?out|shut[- ]?down|(?:switched|turned) off"
    r"|previous(?:ly)?(?! (?:table|section|chapter|step|page|paragraph|version|release))"
    rf"|(?<!years )(?<!year )(?<!year-)old|older(?= {_ITEMS})|past(?= {_ITEMS})"
    r"|archived?|archives"
)
_FORBIDDEN = (
    rf"block(?=\s*(?:[:;,.)\]!]|$)|\s+(?:{_POINTING}|{_ITEMS}|connections?|(?:in|out)bound))"
    r"|blocks (?=these)|blocked|den(?:y(?!-?\s?list)|ied)|reject(?:ed)?|dropped"
    rf"|drop(?=\s*(?:[:;,.)\]!]|$)|\s+{_POINTING})|forbid(?:den)?|prohibit(?:ed)?"
    rf"|disallow(?:ed)?|disabled|disable(?=\s*(?:[:;,.)\]!]|$)|\s+{_POINTING})"
    rf"|banned|(?:black|block|deny)-?listed|closed|close(?=\s+{_POINTING})"
    rf"|ignored?(?=\s*(?:[:;,.)\]!]|$)|\s+{_POINTING})|except(?!ion)(?:ing|ed)?|excluding"
    r"|excluded?(?! from)|suppressed"
    rf"|{_NOT} (?:be |to be |longer |to )?{_ALLOW}"
    rf"|{_NOT} (?:be |to be |currently |yet |being |officially |longer )*{_USED}"
)
_PLANNED = (
    r"planned|future(?!-?\s?proof)|upcoming|forthcoming|coming soon|soon|not yet|tb[acd]"
    r"|proposed|drafts?|roadmap|announced|reserved for|scheduled for|will replace"
    r"|to be (?:added|announced|confirmed|defined|determined|introduced|released|opened"
    r"|activated|enabled|launched)"
    r"|will be (?:\w+ly )?(?:added|available|enabled|activated|introduced|live|launched|opened"
    r"|released|in use|in force|needed)"
)
_EXAMPLES = (
    r"(?<!for )examples?|illustrat(?:ion|ive|ed)s?|dummy|placeholders?|fictitious|fictional"
    r"|hypothetical|imaginary|made[- ]up"
    r"|samples?(?! (?:submission|upload|collection|analysis|exchange|sharing|delivery|rate))"
    r"|for (?:your )?(?:reference|information|illustration)(?: purposes)? only"
    r"|informational only"
)
_CHANGE_LOG = (
    r"(?:change|revision|version|update|document|release|edit|modification)s?[- ]?"
    r"(?:history|logs?|records?)|history(?=\s*[:.)]*$)|history of|revisions|recent changes"
)
_WORDS = re.compile(
    rf"\b(?:{_CHANGE_LOG}|{_FORBIDDEN}|{_PLANNED}|{_EXAMPLES}|{_RETIRED})(?!\w)|{_TIMES}",
    re.IGNORECASE,
)
# A host with its path, or a file name: its parts are not words. Dates do not match, as they
# have no letters, nor does a full stop before a capital, which begins a sentence.
_NAMES = re.compile(
    r"(?<![\w.*-])(?:https?://)?(?=[\w.*-]*[a-z])[\w*-]+(?:\.(?!(?-i:[A-Z][a-z]))[\w-]+)+(?:[:/]\S*)?",
    re.IGNORECASE,
)
# Text before a word that negates it ("not blocked") or makes it part of a condition ("if
# outbound traffic is blocked").
_NEGATED = re.compile(
    r"(?:\b(?:not|never|without|cannot|nor|non|avoid|prevent)|n['’]t|\bnon-)\W+"
    r"(?:(?:be|been|being|get|to|yet|have|become|currently|any|either)\W+)*$"
    r"|\b(?:none|nothing|neither|nobody)\b[^.;:]*$",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if|when|whenever|unless|whether|otherwise|in case|what happens|avoid|prevent"
    r"|because)\b[^.;:]*$",
    re.IGNORECASE,
)
_NEGATION = re.compile(rf"{_NOT}\b|no longer", re.IGNORECASE)
# After one of these words, "as of" and a day tell how current a page is.
_HOW_CURRENT = re.compile(
    r"\b(?:current|correct|accurate|updated|reviewed|verified|checked|changed|modified"
    r"|published)\W+(?:\w+\W+)?$",
    re.IGNORECASE,
)
# In "IP block" and "CIDR block", a block is a range of addresses.
_RANGE = re.compile(
    r"\b(?:ip|ipv[46]|cidr|address|network|net|subnet|code|port)\W+$", re.IGNORECASE
)
_BEFORE = 200  # characters before a word that are searched for a negation
_POINTS = re.compile(
    r"\b(?:following|below|beneath|underneath|these|those|listed|here"
    r"|(?:this|next) (?:table|section|list|region|group|chapter))\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:above|preceding|these|those|(?:this|previous|last) (?:table|section|list|region))\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_PRONOUN = re.compile(r"(?:they|them|it|all|none|each|both)\b", re.IGNORECASE)
_TITLE_LENGTH = 60
_TITLE_WORDS = 8
_PIECE = re.compile(r"[()\[\]{}]|\s[-–—]+\s|[.!?;]\s+|^\W+|\bnote:\s*", re.IGNORECASE)
# Text that may follow a word that marks a whole row: the end, a full stop, or a date.
_MARK_ENDS = re.compile(
    r"\s*(?:[:;,.!)\]*–—-]|$)|\s+(?:since|as of|after|by|in|on|from|until)\b"
    r"|\s+(?:any ?more|now|today)\b",
    re.IGNORECASE,
)
_ALWAYS_A_MARK = re.compile(
    r"no longer|until|till|valid|do not|will be|to be|not any", re.IGNORECASE
)
_BLANK = re.compile(r"^(?:[\s–—_-]*|n/?a\.?|none)$", re.IGNORECASE)
_PROTOCOL = re.compile(
    r"\b(?:tcp|udp|sctp|dccp|icmp(?:v6)?|igmp|gre|esp|ah|quic)\b", re.IGNORECASE
)
_ANSWER = re.compile(
    r"^\W*(?:(?:yes|no|not|true|false|required|mandatory|recommended|optional|always|never"
    r"|conditional\w*|depends)\b|(?:y|n|on|off|x|ok)\W*$)",
    re.IGNORECASE,
)
_STATE = re.compile(
    r"^\W*(?:active|inactive|live|current|new|beta|preview|ga|in use|in force|enabled|disabled"
    r"|allow(?:ed)?|open(?:ed)?|accept(?:ed)?|permit(?:ted)?|operational|online|offline|standby"
    r"|pending|testing|valid|invalid|available|supported|up|down|primary|secondary|temporary"
    r"|temporarily|migrat(?:ed|ing)|moved)\b(?!\s*\w{3})",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:until|till?|since|except|unless|only (?:if|when|for|in|from)|expires?|before"
    r"|after|from \d)\b",
    re.IGNORECASE,
)
_DATED = re.compile(
    rf"^\W*(?:{DATE}\W*)+$|\b\d{{4}}-\d\d(?:-\d\d)?\b|\b\d{{1,2}}([./])\d{{1,2}}\1\d{{2,4}}\b"
    rf"|\b{MONTH}(?:\s+\d{{1,2}}(?:st|nd|rd|th)?)?,?\s+\d{{4}}\b|\b(?:in|by|since)\s+(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_PORT = re.compile(
    r"^\W*\d{1,5}\b(?![.\d])|(?<![\w.:-])(?!365\b|(?:19|20)\d\d\b)\d{3,5}(?![\w.]*\w)|\bports?\b",
    re.IGNORECASE,
)
_MARK = re.compile(r"^[^\w\s]{1,3}$|^[xX]$")
_NUMBERING = re.compile(
    r"^(?:#|no|nr|num|number|id|row|line|item|rule|s\.? ?no)\.?$", re.IGNORECASE
)
_ABOUT_ROWS = re.compile(
    r"\b(?:status|state|lifecycle|validity|valid|expir\w*|until|since|required|mandatory|needed"
    r"|in use|active|enabled|allowed|mode|decision|verdict|schedule|condition|phase"
    r"|ports?|protocols?)\b",
    re.IGNORECASE,
)
_CELL_LENGTH = 400  # characters of a cell that are searched
_KINDS = (
    ("a protocol", _PROTOCOL),
    ("a date", _DATED),
    ("a mark", _MARK),
    ("yes or no", _ANSWER),
    ("a state", _STATE),
    ("a limit", _LIMIT),
    ("a port", _PORT),
)


@lru_cache(maxsize=MOST_TEXTS)
def find_out_of_force(text: str) -> str | None:
    """Return the words in `text` that put a row or table out of force, or None."""
    plain = _NAMES.sub(" ", text) if "." in text else text
    for match in _WORDS.finditer(plain):
        start = match.start()
        if not _is_negated(match[0], plain[max(start - _BEFORE, 0) : start]):
            return match[0].strip()
    return None


def _is_negated(words: str, before: str) -> bool:
    """Return whether the text before the words negates them or makes them a condition."""
    if _CONDITION.search(before) or _HOW_CURRENT.search(before):
        return True
    if words.lower().startswith("block") and _RANGE.search(before):
        return True
    return not _NEGATION.match(words) and _NEGATED.search(before) is not None


def find_out_of_force_in_sentence(text: str, *, back: bool = False) -> str | None:
    """Return the words in a line next to a table that put its rows out of force, or None.

    A short line without a full stop is a title and always counts. A sentence counts only if it
    refers to the text below it or, with `back`, to the text above it.
    """
    points = _POINTS_BACK if back else _POINTS
    if is_title(text):
        return find_out_of_force(text) if not back or points.search(text) else None
    is_pointed = False
    for sentence in _SENTENCE_END.split(text):
        is_pointed = points.search(sentence) is not None or (
            is_pointed and _PRONOUN.match(sentence) is not None
        )
        if is_pointed and (found := find_out_of_force(sentence)):
            return found
    return None


def is_title(text: str) -> bool:
    """Return whether the line is short and not a complete sentence."""
    return (
        len(text) <= _TITLE_LENGTH
        and not text.endswith((".", "!", "?"))
        and len(text.split()) <= _TITLE_WORDS
    )


def find_out_of_force_mark(text: str) -> str | None:
    """Return the mark in a cell of words that puts its row out of force, or None.

    Such cells also describe blocked ports and old agents. A part of the text is a mark only if
    it consists of these words, or of these words and a date: "(Deprecated)", "Retired:",
    "Removed in May".
    """
    for piece in map(str.strip, _PIECE.split(text)):
        found = find_out_of_force(piece)
        if not found or not piece.lower().startswith(found.lower()):
            continue
        if _ALWAYS_A_MARK.match(found) or _MARK_ENDS.match(piece[len(found) :]):
            return found
    return None


def is_blank(text: str) -> bool:
    """Return whether the cell is empty, a dash or "n/a"."""
    return _BLANK.match(text) is not None


def classify_column(header: str, cells: Sequence[str]) -> tuple[str, str] | None:
    """Return what a column contains besides words, and its first such cell; None for words."""
    filled = [cell for cell in cells if not is_blank(cell)]
    if not filled or _is_numbering(header, cells):
        return None
    if words := find_out_of_force(header):
        return f"its header says {words}", filled[0]
    for cell in dict.fromkeys(filled):
        if kind := classify_cell(cell):
            return f"it holds {kind}", cell
    return ("it is about the rows", filled[0]) if is_about_rows(header) else None


def is_about_rows(header: str) -> bool:
    """Return whether a header, such as "Status", announces cells about the rows."""
    return _ABOUT_ROWS.search(header) is not None


def classify_cell(cell: str) -> str | None:
    """Return the kind of value in a cell of an unknown column; None for words."""
    cell = cell[:_CELL_LENGTH]
    if find_out_of_force(cell):
        return "words that take a row out of force"
    values = find_values(cell)
    if values.hosts or values.addresses or values.odd:
        return "an address or a host"
    return next((kind for kind, pattern in _KINDS if pattern.search(cell)), None)


def _is_numbering(header: str, cells: Iterable[str]) -> bool:
    """Return whether the column numbers its rows: 1, 2, 3."""
    if not _NUMBERING.match(header.strip()):
        return False
    numbers = [cell.strip(" .)#") for cell in cells]
    return numbers == [str(number) for number in range(1, len(numbers) + 1)]
