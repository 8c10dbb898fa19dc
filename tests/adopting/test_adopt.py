"""A model that was made elsewhere is a run: judged, explained, compared, exported and served."""

from __future__ import annotations

import json
from pathlib import Path

import mlflow
import numpy as np
import onnx
import pandas as pd
import pytest
import skops.io
import torch
from click.testing import CliRunner
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from workbench.cli.commands import root
from workbench.core.errors import DataError, UsageError
from workbench.core.split import PARTS
from workbench.objects import Run
from workbench.workspace import Workspace

NUMBERS = ["age", "education-num", "hours-per-week", "capital-gain"]
TEXTS = ["workclass", "occupation", "relationship", "sex"]


def _mixed(last: object) -> Pipeline:
    texts = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
    )
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = ColumnTransformer(
        [
            ("n", make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
            ("t", texts, TEXTS[:3]),
            ("o", ordinal, TEXTS[3:]),
        ],
        sparse_threshold=0,
    )
    return Pipeline([("columns", columns), ("model", last)])


@pytest.fixture(scope="module")
def adopted(ws: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A scikit-learn pipeline over texts with gaps, from a skops file."""
    frame = ws.datasets["adult"].frame()
    model = _mixed(LogisticRegression(max_iter=500)).fit(frame[NUMBERS + TEXTS], frame["income"])
    path = tmp_path_factory.mktemp("skops") / "theirs.skops"
    skops.io.dump(model, path)
    return ws.adopt(path, dataset="adult", name="theirs")


def test_a_pipeline_over_texts_scores_as_it_did_where_it_was_made(
    ws: Workspace, adopted: Run
) -> None:
    frame = ws.datasets["adult"].frame()
    model = _mixed(LogisticRegression(max_iter=500)).fit(frame[NUMBERS + TEXTS], frame["income"])
    said = model.predict_proba(frame[NUMBERS + TEXTS])
    np.testing.assert_allclose(adopted.predictor().scores(frame), said, atol=1e-6)
    kept = adopted.predictions()
    test = kept[kept["part"] == PARTS[2]]
    truth = frame["income"].iloc[test["row"]] == ">50K"
    auc = roc_auc_score(truth, said[test["row"], 1])
    assert adopted.metrics["roc_auc"] == pytest.approx(auc, abs=1e-6)


def test_every_later_stage_works_on_it(ws: Workspace, adopted: Run, tmp_path: Path) -> None:
    ours = ws.train("adult", ["logistic"]).best
    assert adopted.explain(rows=8).facts["additivity_error"] < 1e-9
    assert set(adopted.explain(rows=8)["importance"].column("column")) == {*NUMBERS, *TEXTS}
    assert adopted.fairness().facts["columns"] == ["sex"]
    assert adopted.slices().kind == "slices"
    assert ws.compare([ours, adopted]).facts["rows"] == len(_test(ours))
    assert adopted.promote("outsider").id == adopted.id
    bundle = adopted.export(tmp_path / "bundle")
    assert bundle.manifest.verdict.decision == "pass"
    assert bundle.manifest.parity["max_abs"] < 1e-5
    rows = ws.datasets["adult"].frame().head(5)
    with bundle.serve(port=0) as endpoint:
        assert endpoint.predict(rows)["predictions"] == adopted.predict(rows)
    assert "theirs" in repr(adopted) and adopted.record.model == "theirs"


def _test(run: Run) -> pd.DataFrame:
    kept = run.predictions()
    return kept[kept["part"] == PARTS[2]]


def test_the_run_says_that_its_training_rows_are_unknown(adopted: Run) -> None:
    assert "may have seen the test rows" in adopted.record.tags["notes"]
    codes = [f.code for f in adopted.evaluation().findings]
    assert "training-rows-unknown" in codes
    with pytest.raises(UsageError, match="was adopted, not trained"):
        adopted.reproduce()


def test_an_onnx_file_is_exported_bit_for_bit(
    ws: Workspace, cancer: tuple[pd.DataFrame, pd.Series], tmp_path: Path
) -> None:
    x, y = cancer
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    model.fit(x.to_numpy(np.float32), y)
    made = to_onnx(model, x.to_numpy(np.float32)[:1])  # its probabilities end in a list of maps
    path = tmp_path / "theirs.onnx"
    path.write_bytes(made.SerializeToString())
    run = ws.adopt(path, dataset="cancer")
    np.testing.assert_allclose(
        run.predictor().scores(x), model.predict_proba(x.to_numpy(np.float32)), atol=1e-6
    )
    bundle = run.export(tmp_path / "bundle")
    assert bundle.manifest.parity["max_abs"] == 0.0
    inside = onnx.load(tmp_path / "bundle" / "model.onnx").graph
    ours = {t.raw_data for t in inside.initializer}
    assert {t.raw_data for t in made.graph.initializer} <= ours
    assert "taken in this order" in run.record.tags["notes"]


def test_onnx_inputs_of_one_column_each_are_matched_by_name(ws: Workspace, tmp_path: Path) -> None:
    frame = ws.datasets["adult"].frame()
    names = ["sex", "hours-per-week", "age"]  # not in the table's order
    columns = ColumnTransformer(
        [("t", OneHotEncoder(handle_unknown="ignore"), ["sex"]),
         ("n", StandardScaler(), ["hours-per-week", "age"])], sparse_threshold=0,
    )  # fmt: skip
    rows = frame[names].astype({"age": np.float32, "hours-per-week": np.float32})
    model = Pipeline([("columns", columns), ("model", LogisticRegression())])
    model.fit(rows, frame["income"])
    kinds = [StringTensorType([None, 1]), FloatTensorType([None, 1]), FloatTensorType([None, 1])]
    made = to_onnx(model, initial_types=list(zip(names, kinds, strict=True)), target_opset={"": 18})
    (tmp_path / "named.onnx").write_bytes(made.SerializeToString())
    run = ws.adopt(tmp_path / "named.onnx", dataset="adult", target="income")
    assert run.record.recipe.columns == tuple(names)
    np.testing.assert_allclose(run.predictor().scores(frame), model.predict_proba(rows), atol=1e-6)
    assert run.export(tmp_path / "bundle").manifest.parity["max_abs"] == 0.0
    told = run.record.tags["notes"]
    assert "order" not in told and "logits" not in told


def test_a_torch_program_answers_as_torch_does(
    ws: Workspace, cancer: tuple[pd.DataFrame, pd.Series], tmp_path: Path
) -> None:
    x, _ = cancer
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(30, 16), torch.nn.BatchNorm1d(16), torch.nn.GELU(), torch.nn.Dropout(),
        torch.nn.LayerNorm(16), torch.nn.Linear(16, 8), torch.nn.SiLU(), torch.nn.Linear(8, 1),
    ).eval()  # fmt: skip
    rows = torch.tensor(x.to_numpy(np.float32))
    free = ({0: torch.export.Dim("rows", min=1)},)
    program = torch.export.export(net, (rows[:4],), dynamic_shapes=free)
    torch.export.save(program, tmp_path / "net.pt2")
    run = ws.adopt(tmp_path / "net.pt2", dataset="cancer", classes=["benign", "malignant"])
    with torch.no_grad():
        said = torch.sigmoid(net(rows)).numpy()[:, 0]
    np.testing.assert_allclose(run.predictor().scores(x)[:, 1], said, atol=1e-6)
    assert "log-odds" in run.record.tags["notes"]
    assert run.export(tmp_path / "bundle").manifest.parity["max_abs"] == 0.0


def test_a_regression_and_boosted_trees_come_through(
    ws: Workspace, cancer: tuple[pd.DataFrame, pd.Series], tmp_path: Path
) -> None:
    frame = ws.datasets["diabetes"].frame()
    target = ws.datasets["diabetes"].schema.target.name
    model = RandomForestRegressor(20, random_state=0)
    model.fit(frame.drop(columns=[target]), frame[target])
    skops.io.dump(model, tmp_path / "forest.skops")
    run = ws.adopt(tmp_path / "forest.skops", dataset="diabetes")
    assert run.metrics["r2"] > 0.7  # it has seen the rows
    assert run.export(tmp_path / "a").manifest.verdict.decision == "pass"
    x, y = cancer
    trees = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(x, y)
    skops.io.dump(trees, tmp_path / "trees.skops")
    run = ws.adopt(tmp_path / "trees.skops", dataset="cancer")
    assert run.export(tmp_path / "b").manifest.verdict.decision == "pass"


def test_a_model_of_mlflow_is_adopted_by_folder_and_by_address(
    ws: Workspace, cancer: tuple[pd.DataFrame, pd.Series], tmp_path: Path
) -> None:
    x, y = cancer
    model = LogisticRegression(max_iter=5000).fit(x, y)
    mlflow.sklearn.save_model(
        model, tmp_path / "kept", serialization_format="skops", pip_requirements=[]
    )
    run = ws.adopt(tmp_path / "kept", dataset="cancer")
    np.testing.assert_allclose(run.predictor().scores(x), model.predict_proba(x), atol=1e-4)
    run.promote("theirs")
    name = ws.context.store.aliased("theirs")[0].name
    again = ws.adopt(f"models:/{name}@theirs", dataset="cancer")
    np.testing.assert_array_equal(again.predictor().scores(x), run.predictor().scores(x))
    mlflow.sklearn.save_model(
        model, tmp_path / "pickled", serialization_format="cloudpickle", pip_requirements=[]
    )
    with pytest.raises(UsageError, match="pickle"):
        ws.adopt(tmp_path / "pickled", dataset="cancer")


@pytest.mark.parametrize("name", ["a.pkl", "a.joblib", "a.pt", "a.pth", "a.h5"])
def test_a_pickle_is_never_opened(ws: Workspace, tmp_path: Path, name: str) -> None:
    marker = tmp_path / "ran"
    program = f"cos\nsystem\n(S'touch {marker}'\ntR."
    (tmp_path / name).write_bytes(program.encode())
    with pytest.raises(UsageError) as refused:
        ws.adopt(tmp_path / name, dataset="cancer")
    assert refused.value.hint and not marker.exists()


def test_types_that_nobody_vouched_for_are_listed_and_not_loaded(
    ws: Workspace, cancer: tuple[pd.DataFrame, pd.Series], tmp_path: Path
) -> None:
    from tests.adopting.strange import Strange

    x, y = cancer
    path = tmp_path / "strange.skops"
    skops.io.dump(Strange().fit(x, y), path)
    with pytest.raises(UsageError, match=r"tests\.adopting\.strange\.Strange"):
        ws.adopt(path, dataset="cancer")
    run = ws.adopt(path, dataset="cancer", trust=["tests.adopting.strange.Strange"])
    assert Workspace(ws.root).runs[run.id].predictor().scores(x).shape == (len(x), 2)
    kept = json.loads((ws.root / "trust.json").read_text())
    assert kept[run.id] == ["tests.adopting.strange.Strange"]


def _matrix(width: int, out: int, **more: object) -> onnx.ModelProto:
    """One matrix product; ``rows`` fixes the first dimension, ``domain`` the operator's."""
    rows = more.get("rows", "rows")
    node = helper.make_node("MatMul", ["x", "w"], ["y"], domain=str(more.get("domain", "")))
    weight = helper.make_tensor("w", TensorProto.FLOAT, [width, out], [0.01] * width * out)
    graph = helper.make_graph(
        [node], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [rows, out])], [weight],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("other", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"rows": 1}, "exactly 1 rows"),
        ({"domain": "other"}, "other.MatMul"),
        ({"width": 7}, "takes 7 columns"),
        ({"out": 3}, "gives 3 classes"),
        ({}, "which class each of its 2 scores"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_in_a_sentence(
    ws: Workspace, tmp_path: Path, more: dict, said: str
) -> None:
    made = _matrix(more.pop("width", 30), more.pop("out", 2), **more)
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    before = len(ws.runs.list())
    with pytest.raises((UsageError, DataError), match=said) as refused:
        ws.adopt(tmp_path / "m.onnx", dataset="cancer")
    assert refused.value.hint
    assert len(ws.runs.list()) == before


def test_weights_in_other_files_and_broken_files_are_refused(ws: Workspace, tmp_path: Path) -> None:
    made = _matrix(30, 2)
    weight = made.graph.initializer[0]
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="/etc/passwd")
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(DataError, match="another file"):
        ws.adopt(tmp_path / "m.onnx", dataset="cancer")
    for name in ("b.onnx", "b.skops", "b.pt2"):
        (tmp_path / name).write_bytes(b"no model at all")
        with pytest.raises(DataError):
            ws.adopt(tmp_path / name, dataset="cancer")


def test_columns_are_matched_by_name_and_a_missing_one_is_said(
    ws: Workspace, cancer: tuple[pd.DataFrame, pd.Series], tmp_path: Path
) -> None:
    x, y = cancer
    turned = x[list(reversed(x.columns))]
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(turned, y)
    skops.io.dump(model, tmp_path / "turned.skops")
    run = ws.adopt(tmp_path / "turned.skops", dataset="cancer")
    np.testing.assert_allclose(run.predictor().scores(x), model.predict_proba(turned), atol=1e-5)
    other = model.fit(turned.rename(columns={"mean area": "surface"}), y)
    skops.io.dump(other, tmp_path / "other.skops")
    with pytest.raises(UsageError, match="surface"):
        ws.adopt(tmp_path / "other.skops", dataset="cancer")


def test_the_command_line_adopts_and_says_what_was_assumed(
    ws: Workspace, tmp_path: Path, cancer: tuple[pd.DataFrame, pd.Series]
) -> None:
    x, y = cancer
    model = LogisticRegression(max_iter=5000).fit(x.to_numpy(), y)
    skops.io.dump(model, tmp_path / "plain.skops")
    asked = ["runs", "adopt", str(tmp_path / "plain.skops"), "--dataset", "cancer"]
    done = CliRunner().invoke(root, [*asked, "--name", "plain", "-w", str(ws.root)])
    assert done.exit_code == 0, done.output
    assert "plain" in done.output and "training rows" not in done.stdout
    assert "taken in this order" in done.stderr
