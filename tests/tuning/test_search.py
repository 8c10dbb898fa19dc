"""The sweep against judges whose answer is known."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import Cancelled, DataError
from workbench.core.progress import silent
from workbench.core.space import Choice, Real, Whole
from workbench.tuning.attempt import Attempt, Contender, Judgement, Watch, front
from workbench.tuning.ending import Ending
from workbench.tuning.search import Budget, Search, paired
from workbench.tuning.studies import Studies, read

BOWL = {"x": Real(-5.0, 5.0), "n": Whole(1, 9), "kind": Choice(("round", [1, 2]))}
FORTY = Budget(40)
NOISE = np.random.default_rng(0).exponential(size=400)


def bowl(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
    """Best at x = 2, n = 4, with a list as the kind; ``far`` is worse by 5 everywhere."""
    low = (params["x"] - 2) ** 2 + abs(params["n"] - 4) + (params["kind"] == "round")
    value = low + (5 if family == "far" else 0)
    return Judgement(value, NOISE + value, {"latency_us": 1.0 + params["n"]})


def sweep(
    path: Path, contenders: list[Contender], judge: Any = bowl, budget: Budget = FORTY, **more: Any
) -> Any:
    studies = Studies(path / "journal", contenders, higher=False, seed=1)
    return Search(studies, contenders, judge, budget, **more)


def test_it_finds_the_bottom_of_a_bowl_and_tries_the_defaults_first(tmp_path: Path) -> None:
    start = {"x": -4.0, "n": 9, "kind": "round"}
    found = sweep(tmp_path, [Contender("near", BOWL, (start,))], budget=Budget(90, still=90)).run()
    assert found.attempts[0].params == start
    best = found.best["near"]
    assert best.value is not None and best.value < 1.2
    assert best.params["kind"] == [1, 2]
    assert len(found.attempts) == 90 and found.stopped == "after 90 attempts"
    assert sum(found.importance["near"].values()) == pytest.approx(1)
    assert max(found.importance["near"], key=found.importance["near"].get) == "x"  # type: ignore[arg-type]


def test_a_family_that_is_far_behind_falls_out_and_costs_no_more(tmp_path: Path) -> None:
    near, far = Contender("near", BOWL), Contender("far", BOWL)
    shifted = {"x": Real(1.0, 3.0), "n": Whole(4, 5), "kind": Choice(("round", [1, 2]))}
    found = sweep(tmp_path, [Contender("near", shifted), far]).run()
    assert "standard errors" in found.out["far"]
    assert sum(a.family == "far" for a in found.attempts) <= 6
    assert next(iter(found.best)) == "near"
    assert near.family not in found.out


def test_a_family_without_a_space_is_tried_once(tmp_path: Path) -> None:
    def judge(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        return Judgement(9.0, NOISE + 9) if family == "plain" else bowl(family, params, watch)

    found = sweep(tmp_path, [Contender("plain", {}), Contender("near", BOWL)], judge).run()
    assert sum(a.family == "plain" for a in found.attempts) == 1
    alone = sweep(tmp_path / "..", [Contender("plain", {})], judge, Budget(20)).run()
    assert len(alone.attempts) == 1 and alone.stopped == "with nothing left to try"


def test_it_stops_when_nothing_is_gained_beyond_the_noise(tmp_path: Path) -> None:
    flat = lambda f, p, w: Judgement(1.0 - 1e-9 * p["x"], NOISE)  # noqa: E731
    found = sweep(tmp_path, [Contender("near", BOWL)], flat, Budget(500, still=12)).run()
    assert len(found.attempts) == 13
    assert "12 attempts gained nothing" in found.stopped


def test_it_stops_when_time_is_up_also_within_an_attempt(tmp_path: Path) -> None:
    clock = itertools.count(0, 10).__next__

    def slow(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        for step in range(1000):
            watch(step)
        raise AssertionError("it was never stopped")

    found = sweep(tmp_path, [Contender("near", BOWL)], slow, Budget(seconds=100), clock=clock).run()
    assert found.attempts == () and found.best == {}
    again = sweep(tmp_path, [Contender("near", BOWL, ({"x": 3.0, "n": 2, "kind": "round"},))])
    assert again.run().attempts  # what was cut off is tried by who goes on


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DataError("The table is odd."), "The table is odd."),
        (MemoryError(), "MemoryError"),
        (FloatingPointError("overflow\nat line 3"), "overflow"),
        (RuntimeError("CUDA out of memory."), "CUDA out of memory."),
        (KeyError("x"), "'x'"),
    ],
)
def test_an_attempt_that_throws_fails_with_its_reason_and_the_sweep_goes_on(
    tmp_path: Path, error: Exception, reason: str
) -> None:
    calls = itertools.count()

    def judge(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        if next(calls) == 1:
            raise error
        return bowl(family, params, watch)

    found = sweep(tmp_path, [Contender("near", BOWL)], judge, Budget(6)).run()
    assert [a.state for a in found.attempts].count("failed") == 1
    assert found.attempts[1].reason == reason and found.attempts[1].value is None
    assert len(found.attempts) == 6


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_value_that_is_no_number_is_not_the_best(tmp_path: Path, broken: float) -> None:
    calls = itertools.count()

    def judge(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        return Judgement(broken, NOISE) if next(calls) < 2 else bowl(family, params, watch)

    found = sweep(tmp_path, [Contender("near", BOWL)], judge, Budget(5)).run()
    assert [a.state for a in found.attempts][:2] == ["pruned", "pruned"]
    assert found.best["near"].number > 2


def test_hopeless_attempts_are_given_up_at_a_rung(tmp_path: Path) -> None:
    seen: list[int] = []

    def judge(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        found = bowl(family, params, watch)
        seen.append(0)
        for step in range(1, 401):
            watch(step, found.value)
            seen[-1] = step
        return found

    found = sweep(tmp_path, [Contender("near", BOWL)], judge, Budget(40)).run()
    pruned = [a for a in found.attempts if a.state == "pruned"]
    assert len(pruned) > 5 and min(seen) == 99
    assert all("others were better" in a.reason for a in pruned)
    assert max(seen) == 400


def test_a_sweep_that_is_cut_short_goes_on_with_all_that_was_tried(tmp_path: Path) -> None:
    calls = itertools.count()

    def cut(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        if next(calls) == 5:
            raise Cancelled
        return bowl(family, params, watch)

    contenders = [Contender("near", BOWL), Contender("far", BOWL)]
    with pytest.raises(Cancelled):
        sweep(tmp_path, contenders, cut).run()
    before = read(tmp_path / "journal")
    assert [a.number for a in before] == [1, 2, 3, 4, 5]
    tried: list[Any] = []

    def watched(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        tried.append(dict(params))
        return bowl(family, params, watch)

    found = sweep(tmp_path, contenders, watched, Budget(12)).run(silent)
    assert list(found.attempts[:5]) == before
    assert [a.number for a in found.attempts] == list(range(1, 13))
    assert len(tried) == 7


def test_without_losses_of_rows_nobody_is_given_up_and_every_gain_counts(tmp_path: Path) -> None:
    def judge(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        return Judgement(bowl(family, params, watch).value, None)

    contenders = [Contender("near", BOWL), Contender("far", BOWL)]
    found = sweep(tmp_path, contenders, judge, Budget(24)).run()
    assert found.out == {} and sum(a.family == "far" for a in found.attempts) > 8


def test_what_takes_its_process_down_twice_is_left(tmp_path: Path) -> None:
    place = [Contender("near", BOWL, ({"x": 1.0, "n": 4, "kind": "round"},))]
    for _ in range(3):  # asked for, and never told how it ended
        _, params = Studies(tmp_path / "journal", place, higher=False, seed=1).ask("near")
        tried = params
    assert tried["x"] != 1.0


def test_half_a_line_at_the_end_costs_one_attempt(tmp_path: Path) -> None:
    place = [Contender("near", BOWL)]
    sweep(tmp_path, place, budget=Budget(6)).run()
    journal = tmp_path / "journal"
    journal.write_bytes(journal.read_bytes()[:-9])
    assert len(sweep(tmp_path, place, budget=Budget(8)).run().attempts) == 8


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 100)), min_size=1, max_size=40, unique=True),
    st.booleans(),
)
def test_no_attempt_beats_one_of_the_front(points: list[tuple[float, float]], higher: bool) -> None:
    attempts = [
        Attempt(i, "f", {}, "done", value, {"latency_us": cost})
        for i, (value, cost) in enumerate(points, 1)
    ]
    found = front(attempts, higher)
    sign = 1 if higher else -1
    for one in found:
        for other in attempts:
            better = sign * other.value >= sign * one.value  # type: ignore[operator]
            cheaper = other.facts["latency_us"] <= one.facts["latency_us"]
            same = other.value == one.value and other.facts == one.facts
            assert not (better and cheaper) or same
    best = max(attempts, key=lambda a: sign * a.value)  # type: ignore[operator]
    assert best.value in [a.value for a in found]


def test_paired_differences_know_small_gains(tmp_path: Path) -> None:
    gain, error = paired(NOISE + 0.01, NOISE)
    assert gain == pytest.approx(0.01) and error < 1e-9
    assert paired(np.array([1.0]), np.array([0.5]))[1] == np.inf


# the end ------------------------------------------------------------------------------------------


KINS = {"lightgbm": "trees", "xgboost": "trees", "catboost": "trees", "histboost": "trees"}


def timed(**seconds: float) -> list[Attempt]:
    """An attempt of each family, the best first, by how long it took."""
    return [
        Attempt(k, family, {"x": 2.0}, "done", float(k), {"seconds": took})
        for k, (family, took) in enumerate(seconds.items(), start=1)
    ]


def ends(**other: Any) -> Ending:
    usual: dict[str, Any] = {
        "seconds": 600,
        "keep": 4,
        "judged": 1,
        "growth": 1.25,
        "higher": False,
        "alone": frozenset({"dummy"}),
        "kin": lambda family: KINS.get(family, family),
        "usual": lambda one: one.params == {"x": 1.0},
        "layers": 1,
        "fits": lambda one, folds: folds,
    }
    return Ending(**{**usual, **other})


def test_a_bag_holds_what_time_allows() -> None:
    quick = ends().bag(timed(a=2, b=2, c=2, d=2, e=2, f=2, g=2, h=2, i=2, dummy=0.1))
    assert quick is not None and quick.folds == 8
    assert [m.family for m in quick.members] == list("abcdefgh")
    assert quick.seconds == pytest.approx(1.1 * 8 * 7 * 1.25 * 2)
    # of 310 seconds in eight folds two members of 14 s, in five folds four and the small one
    slow = ends().bag(timed(a=14, b=14, c=14, d=14, e=100, f=1), spent=50)
    assert slow is not None and slow.folds == 5
    assert [m.family for m in slow.members] == list("abcdf")
    assert ends().bag(timed(a=100, b=2, dummy=1)) is None  # one is no bag
    assert ends().bag(timed(a=2, b=2, c=2), spent=560) is None  # there is no time left
    assert ends(seconds=None).bag(timed(a=200, b=200), spent=1000) is not None
    ranked = timed(xgboost=14, lightgbm=14, catboost=14, network=14, histboost=14, forest=14)
    varied = ends().bag(ranked, spent=120)  # one of each kind, then their likes
    assert varied is not None
    assert [m.family for m in varied.members] == ["xgboost", "network", "forest", "lightgbm"]
    assert ends().bag(timed(a=1, dummy=1)) is None


def test_a_bag_has_a_second_layer_where_time_allows_enough_members() -> None:
    four = timed(a=2, b=2, c=2, d=2)
    one = ends().bag(four)
    both = ends(layers=2).bag(four)
    assert one is not None and both is not None
    assert (one.layers, both.layers, both.folds, len(both.members)) == (1, 2, 8, 4)
    assert both.seconds == pytest.approx(2 * one.seconds)
    fewer = ends(layers=2).bag(timed(a=8, b=8, c=8, d=8))
    assert fewer is not None and (fewer.folds, fewer.layers) == (5, 2)
    single = ends(layers=2).bag(timed(a=11, b=11, c=11, d=11), spent=50)
    assert single is not None and (single.folds, single.layers) == (8, 1)


def test_a_bag_holds_defaults_beside_what_was_tuned() -> None:
    def one(number: int, family: str, x: float, value: float) -> Attempt:
        return Attempt(number, family, {"x": x}, "done", value, {"seconds": 1.0})

    tried = [
        one(1, "lightgbm", 1.0, 5.0), one(2, "forest", 1.0, 3.0), one(3, "lightgbm", 2.0, 2.0),
        one(4, "xgboost", 2.0, 4.0), one(5, "forest", 2.0, 6.0), one(6, "xgboost", 1.0, 7.0),
    ]  # fmt: skip
    bag = ends().bag(tried)
    assert bag is not None  # the defaults of forests are their best: they are there once
    assert [(m.family, m.number) for m in bag.members] == [
        ("lightgbm", 3), ("forest", 2), ("xgboost", 4), ("lightgbm", 1), ("xgboost", 6)
    ]  # fmt: skip


def test_a_search_leaves_time_for_what_follows(tmp_path: Path) -> None:
    clock = itertools.count(0, 5).__next__
    ending = ends(keep=1, judged=5, alone=frozenset(), usual=lambda one: False)

    def judge(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        value = 1.0 if family == "one" else 1.01
        return Judgement(value, None, {"seconds": 50.0})

    spaces = [Contender("one", BOWL), Contender("other", BOWL)]
    budget = Budget(seconds=600, still=1000, reserve=ending.needed)
    search = sweep(tmp_path, spaces, judge, budget, clock=clock)
    found = search.run()
    # 30 s to keep, two runs of 11 s, and 2 members in 8 folds of 7 / 8 * 1.25 * 11 s
    assert ending.needed(found.attempts) == pytest.approx(30 + 22 + 192.5)
    assert 355 <= int(found.stopped.split()[1]) < 390  # the clock goes on at every look


def test_within_a_time_slow_families_wait_and_hopeless_ones_are_tried_once(tmp_path: Path) -> None:
    clock = itertools.count().__next__
    took = {"quick": 1.0, "slow": 60.0, "wrong": 1.0}

    def judge(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        value = 1.0 + (5.0 if family == "wrong" else 0.0)
        return Judgement(value, NOISE + value, {"seconds": took[family]})

    spaces = [Contender(name, BOWL) for name in took]
    found = sweep(tmp_path, spaces, judge, Budget(seconds=200, still=1000), clock=clock).run()
    tried = [a.family for a in found.attempts]
    assert tried.count("wrong") == 1 and "standard errors" in found.out["wrong"]
    assert 1 <= tried.count("slow") <= 2 < 30 < tried.count("quick")


def test_a_family_that_only_fails_falls_out_although_it_gave_something_once(tmp_path: Path) -> None:
    calls = itertools.count()

    def judge(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        if family == "brittle" and next(calls):
            raise MemoryError
        return Judgement(1.0, NOISE + 1.0)

    spaces = [Contender("sound", BOWL), Contender("brittle", BOWL)]
    found = sweep(tmp_path, spaces, judge, Budget(40, still=1000)).run()
    assert found.out["brittle"] == "5 attempts in a row failed: MemoryError"
    assert sum(a.family == "brittle" for a in found.attempts) == 6
    assert all("seconds" in a.facts for a in found.attempts if a.state == "failed")


def test_who_goes_on_knows_who_was_out(tmp_path: Path) -> None:
    shifted = {"x": Real(1.0, 3.0), "n": Whole(4, 5), "kind": Choice(("round", [1, 2]))}
    spaces = [Contender("near", shifted), Contender("far", BOWL)]
    found = sweep(tmp_path, spaces, budget=Budget(12, still=1000)).run()
    again = sweep(tmp_path, spaces, budget=Budget(30, still=1000)).run()
    assert again.out == found.out and "far" in found.out
    tried = [sum(a.family == "far" for a in one.attempts) for one in (found, again)]
    assert tried[0] == tried[1]


# two objectives -----------------------------------------------------------------------------------


def test_quick_attempts_are_looked_for_beside_good_ones(tmp_path: Path) -> None:
    """At x = 2 a row costs 0.05 by n, and is best at n = 8: the front is every n from 1 to 8."""
    space = {"x": Real(-5.0, 5.0), "n": Whole(1, 9), "kind": Choice(("round", [1, 2]))}

    def judge(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        for step in (100, 300, 900):
            watch(step, 1.0)  # nothing is given up early
        value = (params["x"] - 2) ** 2 + abs(params["n"] - 8)
        return Judgement(value, NOISE + value, {"latency_us": float(params["n"])})

    found = {}
    for quick in (False, True):
        path = tmp_path / str(quick)
        path.mkdir()
        studies = Studies(path / "journal", [Contender("near", space)], higher=False, seed=1,
                          quick=quick)  # fmt: skip
        budget = Budget(80, still=1000)
        found[quick] = Search(studies, [Contender("near", space)], judge, budget).run()
    sides = {}
    for quick, came in found.items():
        points = front(came.attempts, higher=False, cost="latency_us")
        # how much of the plane the front leaves to be had, up to a loss of 20 and a cost of 9
        ends = [*(a.facts["latency_us"] for a in points[1:]), 9.0]
        spans = zip(points, ends, strict=True)
        sides[quick] = sum((20 - a.value) * (e - a.facts["latency_us"]) for a, e in spans)  # type: ignore[operator]
    assert sides[True] > sides[False]
    assert not any(a.state == "pruned" for a in found[True].attempts)
    assert found[True].importance["near"]
    again = Studies(tmp_path / "True" / "journal", [Contender("near", space)], higher=False,
                    seed=1, quick=True)  # fmt: skip
    assert again.attempts() == list(found[True].attempts)


def test_a_family_that_is_behind_stays_while_it_is_quicker(tmp_path: Path) -> None:
    def judge(family: str, params: Mapping[str, Any], watch: Watch) -> Judgement:
        value = 1.0 + (5.0 if family != "good" else 0.0)
        cost = {"good": 10.0, "light": 1.0, "heavy": 20.0}[family]
        return Judgement(value, NOISE + value, {"latency_us": cost})

    spaces = [Contender(name, BOWL) for name in ("good", "light", "heavy")]
    studies = Studies(tmp_path / "journal", spaces, higher=False, seed=1, quick=True)
    found = Search(studies, spaces, judge, Budget(20, still=1000)).run()
    assert set(found.out) == {"heavy"}
