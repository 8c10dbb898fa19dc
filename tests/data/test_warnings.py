"""Warnings: what is planted is found, what is harmless raises no alarm, each with its remedy."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from workbench.core.report import Finding, Report
from workbench.core.split import Split
from workbench.data import personal
from workbench.data.catalogue import fetch
from workbench.data.profile import profile
from workbench.data.schema import infer

ROWS = 1000


def report_of(columns: dict[str, Any], target: str | None = "y", **roles: str) -> Report:
    table = pa.table({**columns, "y": columns.get("y", [0, 1] * (ROWS // 2))})
    schema = infer(table, target=target, roles=roles or None)
    return profile(table, schema, "t", split=Split())


def found(report: Report, code: str, subject: str | None = None) -> list[Finding]:
    return [f for f in report.findings if f.code == code and subject in (None, f.subject)]


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=ROWS)


def change(report: Report, code: str, subject: str) -> Any:
    (finding,) = found(report, code, subject)
    assert finding.remedy is not None
    return finding.remedy.change


def test_numbers_have_remedies_that_fit_their_shape() -> None:
    far = noise(1)
    far[7] = 900.0
    odd = np.where(np.arange(ROWS) % 50 == 0, -999.0, np.abs(noise(2)) + 10)
    report = report_of({"tail": np.exp(2 * noise()), "far": far, "odd": odd, "fine": noise(3)})
    assert change(report, "skew", "tail") == {
        "features": [{"step": "log", "columns": ["tail"], "params": {}}]
    }
    (step,) = change(report, "outliers", "far")["features"]
    assert step["step"] == "clip" and step["params"]["high"] < 10
    assert found(report, "outliers", "far")[0].evidence["example"] == 900.0
    (step,) = change(report, "disguised-missing", "odd")["features"]
    assert step == {"step": "missing", "columns": ["odd"], "params": {"values": ["-999"]}}
    assert {f.code for f in report.findings if f.subject == "fine"} == set()


def test_columns_that_hardly_vary_or_mix_types() -> None:
    mixed = [str(i % 40) if i % 20 else "n.k." for i in range(ROWS)]
    report = report_of(
        {
            "nearly": ["a"] * 996 + ["b"] * 4,
            "mixed": mixed,
            "fine": [f"value {i % 150}" for i in range(ROWS)],
            "words": ["1st", "second", "3"] * 333 + ["3"],
        }
    )
    assert change(report, "near-constant", "nearly") == {"roles": {"nearly": "ignore"}}
    (told,) = found(report, "mixed-types", "mixed")
    assert told.evidence["example"] == "n.k." and "with these as missing" in told.sentence
    assert change(report, "mixed-types", "mixed") == {
        "features": [{"step": "number", "columns": ["mixed"], "params": {}}]
    }
    (step,) = change(report, "high-cardinality", "fine")["features"]
    assert step["step"] == "target_mean"
    assert found(report, "mixed-types", "words") == []


def test_what_is_known_afterwards_is_told() -> None:
    y = np.random.default_rng(5).integers(0, 2, ROWS)
    filled = [float(i) if y[i] else None for i in range(ROWS)]
    hint = np.where(np.random.default_rng(6).random(ROWS) < 0.1, 1 - y, y)
    report = report_of({"y": y, "boat": filled, "date_closed": hint + noise() / 10, "x": noise(2)})
    told = {f.subject for f in report.findings if f.code in ("post-outcome", "leakage")}
    assert told == {"boat", "date_closed"}
    assert change(report, "post-outcome", "date_closed") == {"roles": {"date_closed": "ignore"}}


def test_ids_and_the_order_of_rows_may_tell_the_target() -> None:
    y = np.r_[np.zeros(ROWS // 2, int), np.ones(ROWS // 2, int)]
    report = report_of({"y": y, "id": range(ROWS), "x": noise()})
    assert found(report, "order-tells-target") and found(report, "id-tells-target", "id")
    fine = report_of({"id": range(ROWS), "x": noise()})
    assert not found(fine, "order-tells-target") and not found(fine, "id-tells-target")


def test_rows_that_are_nearly_the_same() -> None:
    x = noise()
    name = [f"Person {chr(65 + i % 26)}{chr(65 + i // 26)}" for i in range(ROWS)]
    key = [f"k{i:04}" for i in range(ROWS)]
    name[10], x[10] = name[11].upper() + " ", x[11]
    name[20], x[20] = name[21], x[21] * (1 + 1e-12)
    name[30], x[30] = name[31], x[31] + 0.5
    report = report_of({"key": key, "name": name, "x": x, "y": np.zeros(ROWS, int)}, None)
    assert (report.facts["duplicate_rows"], report.facts["near_duplicate_rows"]) == (0, 2)
    assert found(report, "near-duplicate-rows")[0].evidence == {"rows": 2, "apart": 0}


def test_the_same_inputs_in_train_and_test() -> None:
    x = np.repeat(noise()[: ROWS // 2], 2)
    y = np.random.default_rng(7).integers(0, 2, ROWS)
    report = report_of({"x": x, "y": y})
    (finding,) = found(report, "split-overlap")
    parts = _parts({"x": x, "y": y})
    train = set(x[parts == 0])
    assert finding.evidence["rows"] == sum(v in train for v in x[parts == 2]) > 0
    assert not found(report_of({"x": noise()}), "split-overlap")


def again(columns: dict[str, Any], finding: Finding, **roles: str) -> Report:
    """The profile of the same table by the split that the finding proposes."""
    assert finding.remedy is not None
    table = pa.table({**columns, "y": columns.get("y", [0, 1] * (ROWS // 2))})
    split = Split(**finding.remedy.change["split"])
    return profile(table, infer(table, target="y", roles=roles or None), "t", split=split)


def test_rows_that_say_the_same_ask_for_a_split_by_content() -> None:
    x, name = np.repeat(noise()[: ROWS // 2], 2), [f"Name {i // 2}" for i in range(ROWS)]
    name[1::20] = [n.upper() for n in name[1::20]]
    columns = {"x": x, "name": name, "y": np.tile([0, 0, 1, 1], ROWS // 4)}
    roles = {"name": "feature"}
    before = report_of(columns, **roles)
    codes = "split-overlap", "duplicate-rows", "near-duplicate-rows"
    for code in codes:
        (finding,) = found(before, code)
        mended = again(columns, finding, **roles)
        assert not found(mended, "split-overlap")
        for told in found(mended, "duplicate-rows") + found(mended, "near-duplicate-rows"):
            assert (told.severity, told.evidence["apart"], told.remedy) == ("info", 0, None)
    assert (before.facts["duplicate_rows"], before.facts["near_duplicate_rows"]) == (450, 50)


def test_rows_that_repeat_within_a_moment_ask_for_a_split_by_time() -> None:
    hours = [dt.datetime(2024, 1, 1) + dt.timedelta(hours=i // 2) for i in range(ROWS)]
    columns = {"when": hours, "x": np.repeat(noise()[: ROWS // 2], 2)}
    (finding,) = found(report_of(columns, when="time"), "split-overlap")
    assert finding.remedy is not None and finding.remedy.change["split"]["method"] == "time"
    assert not found(again(columns, finding, when="time"), "split-overlap")
    recurring = {"when": hours, "x": np.tile(noise()[: ROWS // 2], 2)}
    (finding,) = found(report_of(recurring, when="time"), "split-overlap")
    assert finding.remedy is not None and finding.remedy.change["split"]["method"] == "content"
    table = pa.table({**recurring, "y": [0, 1] * (ROWS // 2)})
    by_time = Split("time", column="when")
    report = profile(table, infer(table, target="y", roles={"when": "time"}), "t", split=by_time)
    (finding,) = found(report, "split-overlap")
    assert finding.remedy is None and "as they will in use" in finding.sentence
    assert finding.severity == "info"


def test_one_remedy_after_another_changes_the_whole_split() -> None:
    hours = [dt.datetime(2024, 1, 1) + dt.timedelta(hours=i) for i in range(ROWS)]
    columns = {"when": hours, "x": np.tile(noise()[: ROWS // 2], 2)}
    (finding,) = found(report_of(columns, when="time"), "split-overlap")
    content = again(columns, finding, when="time")
    (finding,) = found(content, "time-travel")
    assert not found(again(columns, finding, when="time"), "time-travel")


def test_groups_that_are_kept_together_stay_so_when_equal_rows_do() -> None:
    draw = np.random.default_rng(8)
    patients = np.array([f"p{i // 4:03}" for i in range(ROWS)])
    x = noise()
    x[2:400:8] = x[402:802:8]  # every other patient shares a row with another one
    columns = {"patient_id": patients, "x": x, "y": draw.integers(0, 2, ROWS)}
    table = pa.table(columns)
    roles = {"patient_id": "id"}
    schema = infer(table, target="y", roles=roles)
    split = Split("group", column="patient_id")
    (finding,) = found(profile(table, schema, "t", split=split), "split-overlap")
    mended = again(columns, finding, **roles)
    assert not found(mended, "split-overlap") and not found(mended, "group-leakage")
    (finding,) = found(
        report_of(columns, **roles), "split-overlap"
    )  # or one remedy after the other
    content = again(columns, finding, **roles)
    (finding,) = found(content, "group-leakage")
    both = again(columns, finding, **roles)
    assert not found(both, "split-overlap") and not found(both, "group-leakage")


def test_inputs_that_hardly_differ_are_not_to_be_kept_apart() -> None:
    (finding,) = found(report_of({"a": [1.5, 2.5] * 500, "b": ["u", "u", "v", "v"] * 250}),
                       "split-overlap")  # fmt: skip
    assert finding.remedy is None and "too few rows" in finding.sentence


def _parts(columns: dict[str, Any]) -> np.ndarray:
    from workbench.data.split import assign

    table = pa.table(columns)
    return assign(Split(), table, infer(table, target="y"))


def test_groups_in_two_parts_ask_for_a_split_by_group() -> None:
    patients = [f"p{i // 4}" for i in range(ROWS)]
    report = report_of({"patient_id": patients, "x": noise()})
    asked = change(report, "group-leakage", "patient_id")["split"]
    assert (asked["method"], asked["column"]) == ("group", "patient_id")
    table = pa.table({"patient_id": patients, "x": noise(), "y": [0, 1] * (ROWS // 2)})
    split = Split(**asked)
    again = profile(table, infer(table, target="y"), "t", split=split)
    assert not found(again, "group-leakage")


def test_test_rows_older_than_training_rows_ask_for_a_split_by_time() -> None:
    days = [dt.datetime(2024, 1, 1) + dt.timedelta(hours=i) for i in range(ROWS)]
    columns = {"when": days, "x": noise()}
    (finding,) = found(report_of(columns), "time-travel")
    assert finding.severity == "info"
    (finding,) = found(report_of(columns, when="time"), "time-travel")
    assert finding.severity == "warning" and finding.remedy is not None
    table = pa.table({**columns, "y": [0, 1] * (ROWS // 2)})
    split = Split(**finding.remedy.change["split"])
    again = profile(table, infer(table, target="y"), "t", split=split)
    assert not found(again, "time-travel")
    born = report_of({"date_of_birth": days, "x": noise()})
    assert not found(born, "time-travel")


def test_drift_from_train_to_test() -> None:
    days = [dt.datetime(2024, 1, 1) + dt.timedelta(hours=i) for i in range(ROWS)]
    table = pa.table(
        {"when": days, "rising": noise() + np.arange(ROWS) / 200, "still": noise(2),
         "kind": ["old"] * 750 + ["new"] * 250, "y": [0, 1] * (ROWS // 2)}
    )  # fmt: skip
    split = Split("time", column="when")
    report = profile(table, infer(table, target="y"), "t", split=split)
    assert {f.subject for f in found(report, "split-drift")} == {"rising", "kind"}


def parted(columns: dict[str, Any], split: Split, **roles: str) -> Report:
    table = pa.table({**columns, "y": columns.get("y", [0, 1] * (ROWS // 2))})
    return profile(table, infer(table, target="y", roles=roles or None), "t", split=split)


def test_drift_of_given_parts_and_of_groups_is_mended_where_it_can_be() -> None:
    part = np.repeat(["train", "test"], [750, 250])
    columns: dict[str, Any] = {"part": part, "x": noise() + 2 * (part == "test")}
    given = Split("given", column="part")
    (finding,) = found(parted(columns, given), "split-drift")
    assert not found(again(columns, finding), "split-drift")
    days = [dt.datetime(2024, 1, 1) + dt.timedelta(hours=i) for i in range(ROWS)]
    (finding,) = found(parted(columns | {"when": days}, given, when="time"), "split-drift")
    assert finding.remedy is None and "newer by 'when'" in finding.sentence
    mixed = np.random.default_rng(3).permutation(days).tolist()
    (finding,) = found(parted(columns | {"when": mixed}, given, when="time"), "split-drift")
    assert finding.remedy is not None and finding.remedy.change["split"]["column"] == "when"

    lone = {"part": part, "x": columns["x"], "y": ["a", *["b", "c"] * 499, "b"]}
    (finding,) = found(parted(lone, given), "split-drift")  # a class of one row is not dealt
    assert finding.remedy is None and "cannot be dealt otherwise" in finding.sentence

    plants = np.array([f"plant {i // 20}" for i in range(ROWS)])
    odd = {"plant": plants, "x": noise() + 3 * (np.arange(ROWS) // 20 % 5 == 0)}
    seed = next(s for s in range(50) if found(parted(odd, by_plant(s)), "split-drift"))
    (finding,) = found(parted(odd, by_plant(seed)), "split-drift")
    assert not found(again(odd, finding), "split-drift")
    apart = {"plant": plants, "x": noise() + np.arange(ROWS) // 20 * 20}
    told = found(parted(apart, by_plant(0)), "split-drift")
    assert told and told[0].remedy is None and "new ones will, too" in told[0].sentence


def by_plant(seed: int) -> Split:
    return Split("group", column="plant", seed=seed)


def test_the_order_of_rows_is_mended_where_a_model_could_know_it() -> None:
    y = np.r_[np.zeros(ROWS // 2, int), np.ones(ROWS // 2, int)]
    (finding,) = found(report_of({"y": y, "x": noise()}), "order-tells-target")
    assert finding.severity == "info" and "no model learns it" in finding.sentence
    counted = {"y": y, "x": noise(), "clock": 0.5 * np.arange(ROWS) + 7}
    (finding,) = found(report_of(counted), "order-tells-target")
    assert finding.remedy is not None
    assert finding.remedy.change == {"roles": {"clock": "ignore"}}
    (finding,) = found(report_of(counted, clock="ignore"), "order-tells-target")
    assert finding.remedy is None and finding.severity == "info"
    rate = np.sort(np.random.default_rng(4).random(ROWS))  # rises as well, but tells itself
    (finding,) = found(report_of({"y": y, "rate": rate}), "order-tells-target")
    assert finding.remedy is None

    part = np.repeat(["train", "test"], [750, 250])
    (finding,) = found(parted({"y": y, "part": part, "x": noise()},
                              Split("given", column="part")), "order-tells-target")  # fmt: skip
    assert finding.severity == "warning"
    (finding,) = found(again({"y": y, "part": part, "x": noise()}, finding), "order-tells-target")
    assert finding.severity == "info" and finding.remedy is None


def test_uneven_and_rare_classes_say_what_to_do() -> None:
    y = np.r_[np.ones(50, int), np.zeros(ROWS - 50, int)]
    (finding,) = found(report_of({"y": y, "x": noise()}), "imbalance")
    assert "right in 95.0%" in finding.sentence and "class_weight='balanced'" in finding.sentence
    rare = ["a"] * 496 + ["b"] * 496 + ["c"] * 8
    (finding,) = found(parted({"y": rare, "x": noise()}, Split("random")), "rare-class")
    (finding,) = found(again({"y": rare, "x": noise()}, finding), "rare-class")
    assert finding.remedy is None and "Bring it together" in finding.sentence


CARDS = ["4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005", "6011111111111117"]
IBANS = ["DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "FR1420041010050500013M02606"]


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("card", CARDS, [c[:-1] + str((int(c[-1]) + 1) % 10) for c in CARDS]),
        ("iban", IBANS, ["DE88 3704 0044 0532 0130 00", "GB28NWBK60161331926819"]),
        ("ssn", ["536-90-4399", "219 09 9999"], ["000-12-3456", "666-12-3456", "123-00-4567"]),
        ("dni", ["12345678Z", "X1234567L"], ["12345678A", "X1234567A"]),
        ("cpf", ["529.982.247-25", "11144477735"], ["529.982.247-24", "111.111.111-11"]),
        ("pesel", ["44051401359", "02070803628"], ["44051401358", "44131401359"]),
        ("nhs", ["943 476 5919", "4010232137"], ["943 476 5918"]),
        ("ip", ["192.168.1.20", "8.8.4.4"], ["1.2.3.400", "0.1.2.3"]),
        ("phone", ["+49 30 901820", "(202) 555-0143"], ["20240131", "2024-01-31", "12"]),
        ("email", ["a.b+c@example.co.uk"], ["a@b", "@example.org"]),
    ],
)
def test_recognisers_hold_numbers_against_their_check_digits(
    kind: str, right: list[str], wrong: list[str]
) -> None:
    (one,) = [r for r in personal.RECOGNISERS if r.kind == kind]
    fits = lambda t: bool(one.pattern.fullmatch(t) and one.valid(t))  # noqa: E731
    assert [fits(t) for t in right] == [True] * len(right)
    assert [fits(t) for t in wrong] == [False] * len(wrong)


def luhned(number: int) -> int:
    return next(n for n in range(number * 10, number * 10 + 10) if personal.luhn(str(n)))


def test_personal_data_is_found_and_ignored_or_hashed() -> None:
    mails = [f"user{i}@example.org" for i in range(ROWS)]
    cards = [luhned(411111111111111 + 7 * i) for i in range(ROWS)]
    texts = [f"Dear team of the shop number {chr(97 + i % 26)}{i}, write to me{i}@example.org soon"
             for i in range(ROWS)]  # fmt: skip
    plain = [411111111111111 * 10 + 13 * i for i in range(ROWS)]
    report = report_of(
        {"mail": mails, "card": np.random.default_rng(1).permutation(cards), "note": texts,
         "plain": np.random.default_rng(2).permutation(plain)},
        card="feature", mail="feature",
    )  # fmt: skip
    told = {f.subject: f for f in found(report, "personal-data")}
    assert set(told) == {"mail", "card", "note"}
    assert told["card"].remedy is not None
    assert told["card"].remedy.change == {"roles": {"card": "ignore"}}
    (step,) = change(report, "personal-data", "mail")["features"]
    assert step == {"step": "hash", "columns": ["mail"], "params": {"buckets": 1024}}


def test_odd_letters_and_long_texts_hold_nobody_up() -> None:
    odd = ["DEİK44 1234 5678 9012", "a" * 200_000, "KE12" * 50] * 10
    assert personal.recognised("note", odd, moments=False, prose=True) is None
    assert personal.recognised("code", odd, moments=False, prose=False) is None
    for number in ("10 20 3000", "123-456-789"):
        assert not personal.phone(number)
    assert personal.phone("+49 30 123456") and personal.phone("030-1234-5678")


def test_compas_holds_names_and_dates_of_birth_and_adult_nothing(datasets: Path) -> None:
    told = {}
    for name in ("compas", "adult", "diamonds", "bank_marketing", "ames", "german_credit",
                 "bike_sharing"):  # fmt: skip
        fetched = fetch(name, str(datasets))
        table, hints = fetched.imported.table, fetched.hints
        schema = infer(table, target=hints["target"], roles=hints["roles"])
        told[name] = {f.subject for f in found(profile(table, schema, name), "personal-data")}
    assert told.pop("compas") == {"name", "first", "last", "dob"}
    assert set().union(*told.values()) == set()


def test_remedies_are_plain_data(datasets: Path) -> None:
    fetched = fetch("ames", str(datasets))
    table = fetched.imported.table
    report = profile(table, infer(table, target="price"), "ames", split=Split())
    assert len(report.mendable()) > 20
    assert Report.from_dict(report.to_dict()).findings == report.findings
    assert report.finding(report.mendable()[3].address) == report.mendable()[3]
