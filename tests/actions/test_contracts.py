"""Contracts at work: on import, before training, in quarantine, on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from workbench.core.errors import DataError, NotFound, UsageError
from workbench.objects import Dataset
from workbench.workspace import Workspace


@pytest.fixture
def data(workspace: Workspace) -> Dataset:
    data = workspace.import_data("wine")
    data.contract = data.propose().edited("alcohol", low=11, high=15)
    return data


def changed(data: Dataset, **cells: Any) -> pd.DataFrame:
    """The table with another value in the third row of some columns."""
    frame = data.frame()
    for column, value in cells.items():
        frame[column] = frame[column].astype(object)
        frame.loc[2, column] = value
    return frame


def test_an_import_that_breaks_the_contract_is_refused(data: Dataset) -> None:
    ws = data.workspace
    with pytest.raises(DataError, match=r"Row 3, column 'alcohol': 20.0 breaks 'at most 15'"):
        ws.import_data(changed(data, alcohol=20.0), name="wine")
    with pytest.raises(DataError, match="'alcohol': it is missing"):
        ws.import_data(data.frame().drop(columns="alcohol"), name="wine", broken="quarantine")
    assert [d.ref for d in ws.datasets.list()] == ["wine@1"]
    assert not (ws.root / "quarantine").exists()


def test_bad_rows_go_to_quarantine_and_the_rest_comes_in(data: Dataset) -> None:
    ws = data.workspace
    path = ws.root / "new.csv"
    changed(data, alcohol="much", hue=-1).to_csv(path, index=False)
    done = ws.perform("import", {"source": str(path), "name": "wine", "broken": "quarantine"})
    new = ws.datasets[done["dataset"]]
    assert (new.ref, new.rows) == ("wine@2", data.rows - 1)
    assert new.schema["alcohol"].dtype == "double", "without the word it is a number again"
    assert new.check().sentence == f"All {new.rows} rows keep the contract."
    aside = pd.read_csv(done["quarantine"])
    assert aside["row"].tolist() == [3]
    assert aside["alcohol"].tolist() == ["much"]
    said = [note["sentence"] for note in done["notes"] if note["code"] == "contract-broken"]
    assert len(said) == 2


def test_a_broken_contract_can_be_noted_only(data: Dataset) -> None:
    new = data.workspace.import_data(changed(data, alcohol=20.0), name="wine", broken="note")
    assert new.check().facts["failing_rows"] == 1
    with pytest.raises(DataError, match="breaks its contract"):
        data.workspace.train(new, families=["logistic"])
    new.contract = None
    assert data.workspace.train(new, families=["logistic"]).best.record.state == "done"
    with pytest.raises(NotFound, match="no contract"):
        new.check()


def test_training_checks_once_what_it_has_checked(data: Dataset) -> None:
    ws = data.workspace
    ws.train(data, families=["logistic"])
    marks = list((ws.root / "cache").glob("contract-*"))
    assert len(marks) == 1
    contract = data.contract
    assert contract is not None
    data.contract = contract.edited("alcohol", low=12)
    with pytest.raises(DataError, match="at least 12"):
        ws.train(data, families=["logistic"])


def test_who_set_a_contract_stands_in_the_audit_log(data: Dataset) -> None:
    entry = data.workspace.audit()[0]
    assert (entry.verb, entry.subject) == ("contract", "wine")
    assert '"alcohol"' in entry.evidence


def test_a_version_inherits_what_was_said_of_the_one_before(workspace: Workspace) -> None:
    first = workspace.import_data("wine").edit(roles={"hue": "sensitive", "ash": "ignore"})
    first.edit(semantics={"magnesium": "category"})
    again = workspace.import_data(first.frame().iloc[:100], name="wine")
    assert again.ref == "wine@2"
    schema = again.schema
    assert schema.target is not None and schema.target.name == "cultivar"
    assert (schema["hue"].role, schema["ash"].role) == ("sensitive", "ignore")
    assert schema["magnesium"].semantic == "category"
    other = workspace.import_data(first.frame().iloc[:90], name="wine", target="hue")
    assert other.schema.target is not None and other.schema.target.name == "hue"
    less = workspace.import_data(first.frame().drop(columns=["cultivar", "ash"]), name="wine")
    assert "ash" not in less.schema


def test_nobody_can_ask_for_what_there_is_not(data: Dataset) -> None:
    with pytest.raises(UsageError, match="says not what to do"):
        data.workspace.import_data(data.frame(), name="wine", broken="ignore")


def cli(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench.cli", *words],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_contract_is_made_edited_and_checked_on_the_command_line(
    data: Dataset, tmp_path: Path
) -> None:
    root = data.workspace.root
    done = cli(root, "data", "contract", "wine", "--propose", "--set", "alcohol.high=14",
               "--set", "cultivar.allowed=class_0,class_1,class_2", "--drop", "ash",
               "--code", str(tmp_path / "contract.py"), "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    rules = {r["column"]: r for r in json.loads(done.stdout)["rules"]}
    assert rules["alcohol"]["high"] == 14 and "ash" not in rules
    module: dict[str, Any] = {}
    exec((tmp_path / "contract.py").read_text(encoding="utf-8"), module)
    assert "alcohol" in module["schema"].columns
    checked = cli(root, "data", "check", "wine")
    assert checked.returncode == 3
    assert "at most 14" in checked.stdout
    for words, sentence in (
        (("--set", "alcohol.high"), "is no change"),
        (("--set", "alcohol.high=x"), "is no number"),
        (("--set", "wine.high=1"), "No column is called 'wine'"),
        (("--set", "alcohol.nullable=maybe"), "true or false"),
        (("--set", "alcohol.color=red"), "has no 'color'"),
    ):
        wrong = cli(root, "data", "contract", "wine", *words)
        assert wrong.returncode in (1, 2)
        assert sentence in wrong.stderr
        assert "Traceback" not in wrong.stderr
    assert cli(root, "data", "contract", "wine", "--remove").returncode == 0
    assert "no contract" in cli(root, "data", "check", "wine").stderr
