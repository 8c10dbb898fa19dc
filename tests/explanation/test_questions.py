"""What a shallow tree's questions say is what it does: rules are held against the rows' leaves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeRegressor

from workbench.core.signature import Field
from workbench.questions import Node, Question, Side, answers, positions, questions, rule, walk

FIELDS = (
    Field("age", "number"),
    Field("pay", "number"),
    Field("member", "boolean"),
    Field("town", "category"),
    Field("sex", "category"),
    Field("day", "datetime"),
    Field("note", "text"),
)


def table(rows: int, seed: int, gaps: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(-40, 80, rows).astype(float),
            "pay": rng.normal(0, 3, rows),
            "member": pd.array(rng.random(rows) < 0.5, dtype="boolean"),
            "town": rng.choice(["north", "<b>south</b>", "east", "west"], rows),
            "sex": rng.choice(["f", "m"], rows),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, rows), "D"),
            "note": "x",
        }
    )
    for name in frame.columns:
        frame.loc[rng.random(rows) < gaps, name] = None
    return frame


def grown(frame: pd.DataFrame, values: np.ndarray, depth: int = 4) -> tuple[object, list[Node]]:
    asked = questions(frame, FIELDS)
    tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=5, random_state=0)
    tree.fit(answers(frame, asked), values)
    return tree, list(walk(tree, asked))


def holds(frame: pd.DataFrame, where: str) -> np.ndarray:
    """The rows that a person would take a rule for, from its words alone."""
    found = np.ones(len(frame), dtype=bool)
    for part in [] if where == "always" else where.split(" and "):
        said = part.removesuffix(" (or missing)")
        name, word, *rest = said.split(" ")
        column, value = frame[name], " ".join(rest)
        if word in ("≤", ">"):
            inside = column <= float(value.replace(",", ""))
            mine = inside if word == "≤" else ~inside & column.notna()
        elif word in ("until", "after"):
            inside = column <= pd.Timestamp(value)
            mine = inside if word == "until" else ~inside & column.notna()
        else:
            names = column.map(lambda v: "missing" if pd.isna(v) else str(v).replace("True", "true")
                               .replace("False", "false"))  # fmt: skip
            wanted = value.removeprefix("not ")
            mine = (names == wanted) != value.startswith("not ")
        mine = mine.fillna(False).to_numpy(dtype=bool)
        found &= mine | (column.isna().to_numpy() if said != part else False)
    return found


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.15, 0.5]), st.integers(1, 4))
def test_each_row_is_where_the_rules_say(seed: int, gaps: float, depth: int) -> None:
    frame = table(200, seed, gaps)
    frame["pay"] = frame["pay"].round(1)  # what is printed tells such values apart
    rng = np.random.default_rng(seed)
    values = rng.normal(size=200) + (frame["age"].isna() | (frame["age"] > 20)).to_numpy()
    tree, nodes = grown(frame, values + 2 * frame["town"].eq("east").to_numpy(), depth)
    home = tree.apply(answers(frame, questions(frame, FIELDS)))  # type: ignore[attr-defined]
    for leaf in (n for n in nodes if n.asks is None):
        assert (holds(frame, rule(leaf.way)) == (home == leaf.number)).all(), rule(leaf.way)


def test_what_is_said_twice_is_left_out() -> None:
    age = Question("age", "number", whole=True, gaps=True)
    east, north = (Question("town", "category", level) for level in ("east", "north"))
    way = (
        Side(age, 20.5, False, True),
        Side(north, 0.5, True, False),
        Side(age, 40.5, False, True),
        Side(age, 60.5, True, False),
        Side(east, 0.5, False, False),
    )
    assert rule(way) == "age > 40 and age ≤ 60 and town is east"
    assert rule(way[:3]) == "town is not north and age > 40 (or missing)"
    assert rule(()) == "always"


def test_two_levels_are_one_question_and_missing_cells_are_a_level() -> None:
    frame = table(300, 1, 0.0)
    asked = questions(frame, FIELDS)
    assert [q.level for q in asked if q.column == "sex"] in (["f"], ["m"])
    assert not any(q.column == "note" for q in asked)
    holes = table(300, 1, 0.2)
    assert {q.level for q in questions(holes, FIELDS) if q.column == "sex"} == {"f", "m", ""}
    _, nodes = grown(frame, frame["sex"].eq("f").to_numpy(dtype=float), 1)
    assert {n.branch for n in nodes} == {"all rows", "sex is f", "sex is m"}
    _, nodes = grown(holes, holes["sex"].isna().to_numpy(dtype=float), 1)
    assert {n.branch for n in nodes} == {"all rows", "sex is missing", "sex is not missing"}


def test_limits_are_said_as_people_write_them() -> None:
    pay, day = Question("pay", "number"), Question("day", "datetime")
    assert Side(pay, 12345.6, True, False).said == "pay ≤ 12,346"
    assert Side(pay, 0.31234, False, True).said == "pay > 0.3123 (or missing)"
    assert Side(Question("n", "number", whole=True), -0.5, False, False).said == "n > -1"
    days = positions(pd.Series(pd.to_datetime(["2024-02-29"])), "datetime")
    assert Side(day, float(days[0]) + 0.5, True, False).said == "day until 2024-02-29"


def test_infinite_values_are_the_furthest() -> None:
    frame = pd.DataFrame({"x": [-np.inf, 0.0, np.inf, np.nan]})
    found = answers(frame, questions(frame, (Field("x", "number"),)))[:, 0]
    assert np.isfinite(found[:3]).all() and np.isnan(found[3])
    assert found[0] < found[1] < found[2]
    assert found[2] == pytest.approx(3e38, rel=1e-6)
