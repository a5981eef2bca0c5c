"""Any rule set, every format: 2,000 hostile cases by number, and some more by hypothesis.

`make rules-fuzz` asks 100,000 by number; `FWTRACKER_CASES=2000` asks hypothesis that often.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from tests.contract.asking import asked
from tests.contract.cases import case
from tests.contract.properties import CASES, models, prove, prove_delta
from tests.formats.meaning import same
from tests.formats.samples import HOSTILE, SAMPLES, any_pairs, any_rule_sets, entry, rule_set
from tracker.formats import Format, Rendered, RuleSet, load, names

ALL = [load(name) for name in names()]
every_format = pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)
MODELS = models()
WITH_DELTA = [fmt for fmt in ALL if fmt.delta]
SEEDS, CHUNK, SHORT = 2000, 50, 200  # the cases beyond SHORT are for the long form
TO_AND_FRO = 2  # of so many cases one is also asked for its delta, which costs twice the file


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(first, marks=[pytest.mark.slow] if first >= SHORT else [])
        for first in range(0, SEEDS, CHUNK)
    ],
)
def test_every_format_keeps_its_promises_in_hostile_cases(first: int) -> None:
    """Each case is made once for all formats; `str` of what is found says how to repeat it."""
    left, said = ALL, ""
    for seed in range(first, first + CHUNK):
        of = case(seed)
        found = [asked(fmt, of, delta=seed % TO_AND_FRO == 0) for fmt in left]
        said += "".join(f"{broken}\n" for broken in found if broken)
        left = [fmt for fmt, broken in zip(left, found, strict=True) if not broken]
    assert not said, said


def test_a_writer_that_drops_a_line_is_named_with_its_seed_and_the_least_case() -> None:
    whole = load("ips")
    short = replace(whole, render=lambda of: _without_ipv6(whole.render(of)))
    found = [broken for seed in range(20) if (broken := asked(short, case(seed)))]
    assert found
    for broken in found:
        assert f"ips, seed {broken.seed}: AssertionError" in str(broken)
        assert f"FIRST={broken.seed} " in str(broken)
        [left] = broken.least.after.entries
        assert len(left.addresses) == 1


def _without_ipv6(made: Rendered) -> Rendered:
    lines = (made.text or "").splitlines(keepends=True)
    kept = "".join(line for line in lines if ":" not in line or line[0] == "#")
    return replace(made, text=kept or None)


@every_format
@settings(max_examples=CASES, deadline=None)
@given(of=any_rule_sets)
def test_any_rule_set_proves_itself(fmt: Format, of: RuleSet) -> None:
    prove(fmt, of)


@every_format
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_proves_itself(fmt: Format, sample: str) -> None:
    prove(fmt, SAMPLES[sample])


@pytest.mark.parametrize("fmt", WITH_DELTA, ids=lambda fmt: fmt.name)
def test_a_delta_of_commands_has_a_model(fmt: Format) -> None:
    assert has_lines(fmt) or fmt.name in MODELS, "its tests need a model in MODELS"


def has_lines(fmt: Format) -> bool:
    assert fmt.delta is not None
    made = fmt.delta(rule_set(), SAMPLES["2024-04-all"]) or ""
    return all(line.startswith("+ ") for line in made.splitlines())


DELTAS = [fmt for fmt in WITH_DELTA if fmt.name in MODELS or has_lines(fmt)]


@pytest.mark.parametrize("fmt", DELTAS, ids=lambda fmt: fmt.name)
@settings(max_examples=CASES // 2, deadline=None)
@given(pair=any_pairs)
def test_any_delta_leads_there_and_back(fmt: Format, pair: tuple[RuleSet, RuleSet]) -> None:
    prove_delta(fmt, *pair, MODELS.get(fmt.name))


@pytest.mark.parametrize("fmt", DELTAS, ids=lambda fmt: fmt.name)
@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_change_no_delta(fmt: Format, words: str) -> None:
    assert fmt.delta is not None
    one, two = entry("192.0.2.1", "a.example.com"), entry("192.0.2.2", "2001:db8::1")
    texts = [
        fmt.delta(
            rule_set(*(entry_with(each, resource) for each in (one, two)[:first])),
            rule_set(*(entry_with(each, resource) for each in (one, two)[first:])),
        )
        for resource in ("plain", words)
        for first in (0, 1, 2)
    ]
    plain, hostile = texts[:3], texts[3:]
    for left, right in zip(plain, hostile, strict=True):
        assert (left is None) is (right is None)
        if left is not None and right is not None:
            assert len(left.splitlines()) == len(right.splitlines())
            assert right.isascii()
            assert all(each.isprintable() or each in "\n\t" for each in right)


def entry_with(one, words: str):
    import msgspec  # noqa: PLC0415

    return msgspec.structs.replace(one, resource=words, purpose=words, only_for=words)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ({"192.0.2.0/31"}, {"192.0.2.0", "192.0.2.1"}, True),
        ({"192.0.2.0/30"}, {"192.0.2.0", "192.0.2.1"}, False),
        ({"outbound 192.0.2.1 tcp/80-81"}, {"outbound 192.0.2.1 tcp/80"}, False),
        ({"outbound 192.0.2.1 tcp/80-81"}, {"inbound 192.0.2.1 tcp/80-81"}, False),
        (
            {"outbound 192.0.2.1 tcp/80-81"},
            {"outbound 192.0.2.1 tcp/80", "outbound 192.0.2.1 tcp/81"},
            True,
        ),
        ({"*.example.com"}, {"*.example.com", "a.example.com", "example.com"}, True),
        ({"example.com"}, {"*.example.com"}, False),
        ({"4 3221225984-3221225985"}, {"192.0.2.0/31"}, True),
        ({"outbound lan tcp/1"}, {"outbound lan udp/1"}, False),
        ({"192.0.2.1"}, set(), False),
    ],
)
def test_what_lines_mean(one, other, equal: bool) -> None:
    assert same(one, other) is equal
