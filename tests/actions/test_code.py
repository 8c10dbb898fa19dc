"""A run as a script: it trains the same model, and imports nothing of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.actions.script import HOLDING
from workbench.core.errors import UsageError
from workbench.core.mitigation import Mitigation
from workbench.core.split import Split
from workbench.objects import Run
from workbench.packaging.inline import inline
from workbench.training.family import Problem, families
from workbench.training.membership import Groups, Membership
from workbench.training.mitigation import mitigated
from workbench.training.steps import Codes, Indicators, Numbers, Piecewise
from workbench.workspace import Workspace

TABLES = {"binary": "penguins", "multiclass": "penguins", "regression": "diabetes"}
QUICK = {
    "forest": {"n_estimators": 20},
    "extratrees": {"n_estimators": 20},
    "catboost": {"iterations": 20},
    "ebm": {"outer_bags": 2, "max_rounds": 60},
    "network": {"epochs": 6},
    "tabm": {"epochs": 3, "members": 4},
}
OURS = [
    name
    for name in families.names()
    if name not in HOLDING and type(families.get(name)).__module__.startswith("workbench.")
]
# stops this process's own copy of the package from answering
ALONE = "import sys; sys.modules['workbench'] = None; import runpy; runpy.run_path(sys.argv[1])"


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    ws = Workspace(tmp_path_factory.mktemp("code"))
    ws.import_data("penguins")
    ws.import_data("diabetes")
    ws.import_data("german_credit")
    return ws


def trained_alone(run: Run, folder: Path) -> np.ndarray:
    script = run.code(folder) / "train.py"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ALONE, str(script)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return pd.read_parquet(folder / "scores.parquet").to_numpy()


def kept_scores(run: Run) -> np.ndarray:
    kept = run.predictions()
    columns = [c for c in kept.columns if c == "value" or c.startswith("score_")]
    return kept.loc[kept["part"] == "test", columns].to_numpy()


@pytest.mark.parametrize(
    ("family", "task"),
    [(f, "multiclass") for f in OURS]
    + [(f, "regression") for f in ("logistic", "elastic", "lightgbm", "network")],
)
def test_the_script_trains_the_same_model(
    ws: Workspace, tmp_path: Path, family: str, task: str
) -> None:
    params = {family: QUICK.get(family, {})}
    run = ws.train(TABLES[task], [family], seed=2, params=params).best
    scores = trained_alone(run, tmp_path / "script")
    np.testing.assert_allclose(scores, kept_scores(run), rtol=1e-9, atol=1e-8)
    text = (tmp_path / "script" / "train.py").read_text()
    assert "import workbench" not in text and "from workbench" not in text
    compile(text, "train.py", "exec")


MEMBERS = [
    {"family": "logistic"},
    {"family": "lightgbm", "params": {"n_estimators": 15}},
    {"family": "xgboost", "params": {"n_estimators": 15}},
    {"family": "forest", "params": {"n_estimators": 60}},
]
HOLDERS = {
    "blend": {"members": MEMBERS},
    "stack": {"members": MEMBERS[:2], "folds": 3},
    "a bag": {"members": MEMBERS, "folds": 3, "refit": False, "layers": 2},
    "calibrated": {"of": "lightgbm", "params": {"n_estimators": 15}},
    "costly": {"of": "lightgbm", "params": {"n_estimators": 15}, "by": "weights"},
}


@pytest.mark.parametrize(
    ("name", "task"),
    [(n, "multiclass") for n in HOLDERS] + [("a bag", "regression"), ("blend", "regression")],
)
def test_what_holds_others_is_written_with_a_file_for_each(
    ws: Workspace, tmp_path: Path, name: str, task: str
) -> None:
    family = "stack" if name == "a bag" else name
    run = ws.train(TABLES[task], [family], seed=2, params={family: HOLDERS[name]}).best
    scores = trained_alone(run, tmp_path / "script")
    np.testing.assert_allclose(scores, kept_scores(run), rtol=1e-9, atol=1e-8)
    assert (tmp_path / "script" / "lightgbm_family.py").is_file()
    for path in (tmp_path / "script").glob("*.py"):
        text = path.read_text()
        assert "import workbench" not in text and "from workbench" not in text
    if "xgboost" in str(HOLDERS[name]):
        assert "xgboost" in (tmp_path / "script" / "requirements.txt").read_text()
    run.code(tmp_path / "script", replace=True)


def test_rows_of_one_group_take_turns_together_in_the_script_too(
    ws: Workspace, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"who": np.arange(300) // 6, "x": rng.normal(size=300)})
    frame["y"] = frame["x"] + 2 * rng.normal(size=50)[frame["who"]] + rng.normal(size=300)
    ws.import_data(frame, name="visits", target="y")
    run = ws.train("visits", ["stack"], params={"stack": HOLDERS["a bag"]}, columns=["x"],
                   split=Split("group", column="who")).best  # fmt: skip
    np.testing.assert_allclose(trained_alone(run, tmp_path / "script"), kept_scores(run), rtol=1e-9)


MITIGATED = [
    ("reweighing", "lightgbm", {"n_estimators": 15}),
    ("correlation_remover", "logistic", {}),
    ("exponentiated_gradient", "xgboost", {"n_estimators": 15}),
    ("grid_search", "forest", {"n_estimators": 20}),
    ("thresholds", "network", {"epochs": 6}),
    ("thresholds", "calibrated", HOLDERS["calibrated"]),
    ("thresholds", "stack", HOLDERS["a bag"]),
]


@pytest.mark.parametrize(("method", "family", "params"), MITIGATED)
def test_a_mitigated_model_is_trained_as_its_run_was(
    ws: Workspace, tmp_path: Path, method: str, family: str, params: dict
) -> None:
    run = ws.train("german_credit", [family], seed=2, params={family: params}).best
    fairer = run.mitigate(method, by=["personal_status", "age"]).best
    scores = trained_alone(fairer, tmp_path / "script")
    np.testing.assert_allclose(scores, kept_scores(fairer), rtol=1e-9, atol=1e-8)
    assert not np.allclose(scores, kept_scores(run))
    text = (tmp_path / "script" / "train.py").read_text()
    assert "import workbench" not in text and "from workbench" not in text


def test_features_dates_and_odd_names_go_along(ws: Workspace, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a <b>": rng.normal(size=400),
            "part": rng.choice(["x", "y", None], 400),
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, 400), "D"),
        }
    )
    frame["yes"] = np.where(rng.normal(size=400) + frame["a <b>"] > 0, "no", "yes")
    data = ws.import_data(frame, name="odd", target="yes")
    data = data.derive('log("a <b>") as logged')
    run = ws.train(data, ["lightgbm"], seed=1).best
    np.testing.assert_array_equal(trained_alone(run, tmp_path / "script"), kept_scores(run))


@pytest.mark.parametrize("feature", ["target_mean(city)", "aggregate(city, x, how=mean)"])
def test_training_rows_get_what_was_learned_from_the_others(
    ws: Workspace, tmp_path: Path, feature: str
) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"city": "c" + pd.Series(rng.integers(0, 60, 600)).astype(str), "x": rng.normal(size=600)}
    )
    frame["y"] = np.where(rng.normal(size=600) + frame["x"] > 0, "no", "yes")
    data = ws.import_data(frame, name="cities", target="y").derive(feature)
    run = ws.train(data, ["lightgbm"], seed=1, params={"lightgbm": {"n_estimators": 20}}).best
    np.testing.assert_array_equal(trained_alone(run, tmp_path / "script"), kept_scores(run))


@pytest.mark.parametrize("name", [*OURS, *sorted(HOLDING), ""])
def test_what_meets_in_one_text_has_names_of_its_own(name: str) -> None:
    """A family and the steps; one that holds others, or the steps alone, and a mitigation."""
    parts: list[Any] = [Codes, Indicators, Numbers, Piecewise, Problem]
    if name:
        parts.append(type(families.get(name)))
    if name not in OURS:
        parts += [Membership, Mitigation, Groups, mitigated]
    text = inline(parts, "workbench", ["families"])
    assert "from workbench" not in text and "import workbench" not in text
    compile(text, "train.py", "exec")


def test_what_cannot_be_written_is_refused(ws: Workspace, tmp_path: Path) -> None:
    run = ws.train("diabetes", ["dummy"]).best
    run.code(tmp_path / "mine")
    with pytest.raises(UsageError, match="there already"):
        run.code(tmp_path / "mine")
    run.code(tmp_path / "mine", replace=True)
    (tmp_path / "mine" / "forest").write_text("keep me: no file that is ever written here")
    with pytest.raises(UsageError, match="there already"):
        run.code(tmp_path / "mine", replace=True)
    (tmp_path / "mine" / "forest").unlink()
    (tmp_path / "mine" / "notes.txt").write_text("keep me")
    with pytest.raises(UsageError, match="there already"):
        run.code(tmp_path / "mine", replace=True)


def test_no_name_of_a_column_becomes_code(ws: Workspace, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    evil = 'y""";open("made", "w");"""\nopen("made", "w")'
    frame = pd.DataFrame({"x": rng.normal(size=200), evil: rng.choice(["a", "b"], 200)})
    data = ws.import_data(frame, name="evil", target=evil)
    kept_scores(ws.train(data, ["dummy"]).best)
    trained_alone(ws.train(data, ["dummy"]).best, tmp_path / "script")
    assert not Path("made").exists() and not (tmp_path / "script" / "made").exists()
