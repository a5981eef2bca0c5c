"""The page in another language: its headers, its cells, its headings."""

from __future__ import annotations

from random import Random
from typing import Final

import msgspec

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import headings, inside, renamed, swapped_in
from tests.mutate.oracle import exactly
from tests.pages.markups.common import COLUMNS

_HEADERS: Final = {
    "German": ("Ressource", "Typ", "Port und Protokoll", "Erforderlich für", "Komponenten"),
    "French": ("Ressource", "Type", "Port et protocole", "Nécessaire pour", "Composants"),
    "Spanish": ("Recurso", "Tipo", "Puerto y protocolo", "Necesario para", "Componentes"),
    "Italian": ("Risorsa", "Tipo", "Porta e protocollo", "Richiesto per", "Componenti"),
    "Japanese": ("リソース", "種類", "ポートとプロトコル", "用途", "コンポーネント"),
    "Russian": ("Ресурс", "Тип", "Порт и протокол", "Назначение", "Компоненты"),
    "Dutch": ("Bron", "Type", "Poort en protocol", "Nodig voor", "Componenten"),
    "nobody's": ("Zxqv", "Qwv", "Vrrt", "Xnnp", "Zzt"),
}
_DIRECTIONS: Final = {
    "German": ("Ausgehend", "Eingehend"),
    "French": ("Sortant", "Entrant"),
    "Spanish": ("Saliente", "Entrante"),
    "Italian": ("In uscita", "In entrata"),
    "Japanese": ("送信", "受信"),
    "Russian": ("Исходящий", "Входящий"),
    "Dutch": ("Uitgaand", "Inkomend"),
    "nobody's": ("Qqt", "Qqn"),
}
_REGION: Final = {
    "German": "Region: Europa",
    "French": "Région : Europe",
    "Spanish": "Región: Europa",
    "Italian": "Regione: Europa",
    "Japanese": "地域：ヨーロッパ",
    "Russian": "Регион: Европа",
    "Dutch": "Regio: Europa",
    "nobody's": "Xyz: Europe",
}


def headers_translated(page: str, dice: Random, facts: Facts) -> Mutated:
    """Some or all headers, in one region or in all."""
    language, names = dice.choice(list(_HEADERS.items()))
    count = dice.choice((1, 2, 5, 5))
    chosen = dict(dice.sample(list(zip(COLUMNS, names, strict=True)), count))
    number = dice.choice([None, *range(len(facts.generation.regions))])
    where = "all regions" if number is None else f"region {number + 1}"
    return Mutated(
        renamed(facts.markup, page, chosen, number),
        f"{', '.join(chosen)} in {language}, in {where}",
        exactly(facts.entries),
    )


def directions_translated(page: str, dice: Random, facts: Facts) -> Mutated:
    """The directions, in all rows, or one of them in one."""
    language, (out, into) = dice.choice(list(_DIRECTIONS.items()))
    words = {"Outbound": out, "Inbound": into}
    spots = inside(page, "Outbound|Inbound")
    if dice.random() < 0.4:
        spots = [dice.choice(spots)]
    mutated = page
    for match in reversed(spots):
        mutated = swapped_in(mutated, match.span(), words[match[0]])
    return Mutated(mutated, f"{len(spots)} directions in {language}", exactly(facts.entries))


def heading_translated(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A region's heading: its table is of no region that is named in English."""
    found = headings(facts.markup, page)
    if not found:
        return None
    number = dice.randrange(len(found))
    language, words = dice.choice(list(_REGION.items()))
    above = facts.generation.regions[0].name if facts.folder else None
    names = [facts.generation.regions[number].name, None, words.split(": ")[-1]]
    names += [] if number else [above]
    ways = [
        [
            msgspec.structs.replace(entry, region=name) if at.region == number else entry
            for entry, at in zip(facts.entries, facts.places, strict=True)
        ]
        for name in names
    ]
    mutated = swapped_in(page, found[number].span(1), words)
    return Mutated(mutated, f"heading {number + 1} in {language}", exactly(*ways))


def brackets_translated(page: str, dice: Random, facts: Facts) -> Mutated:
    """The brackets before a purpose; a person can still tell the rows apart."""
    words = {"Required - only for": "Erforderlich - nur für", "Recommended": "Empfohlen"}
    words["Required)"] = "Erforderlich)"
    mutated = page
    for old, new in words.items():
        mutated = mutated.replace(f"({old}", f"({new}")
    return Mutated(mutated, "brackets in German", exactly(facts.entries, words=False))


FAMILIES: Families = {
    "another language": (
        headers_translated,
        headers_translated,
        directions_translated,
        heading_translated,
        brackets_translated,
    )
}
