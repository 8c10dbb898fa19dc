"""What an endpoint answers: the pipeline's own scores, whatever form the rows come in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.packaging.models import Model
from tests.serving.endpoints import NAME, Live, running
from workbench.packaging.bundle import sample_rows

ROWS = 200  # more than are answered on the event loop


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_an_endpoint_gives_the_scores_of_its_pipeline(
    task: str, made: dict[str, Model], bundles: dict[str, Path], tmp_path: Path
) -> None:
    model = made[task]
    frame = model.rows.head(ROWS)
    expected = model.predictor.scores(frame)
    with running(bundles[task], tmp_path) as live, live.client() as client:
        said = client.post("/predict", json={"rows": sample_rows(frame, model.signature)}).json()
    if task == "regression":
        assert "probabilities" not in said
        np.testing.assert_allclose(said["predictions"], expected, rtol=1e-4)
    else:
        assert said["classes"] == list(model.signature.classes)
        np.testing.assert_allclose(said["probabilities"], expected, atol=1e-5)
        assert said["predictions"] == model.predictor.predict(frame)
    assert said["model"] == {"name": NAME, "run_id": "0123abcd"}


def test_rows_and_columns_say_the_same(live: Live) -> None:
    columns = {name: [row[name] for row in live.rows] for name in live.rows[0]}
    with live.client() as client:
        by_row = client.post("/predict", json={"rows": live.rows}).json()
        by_column = client.post("/predict", json={"columns": columns}).json()
        one = client.post("/predict", json={"rows": live.rows[:1]}).json()
    assert by_row["probabilities"] == by_column["probabilities"]
    assert one["probabilities"] == by_row["probabilities"][:1]
    assert by_row["id"] != by_column["id"]


def _with(live: Live, **cells: Any) -> dict[str, Any]:
    return {**live.rows[0], **cells}


def test_missing_values_are_answered(live: Live) -> None:
    with live.client() as client:
        said = client.post("/predict", json={"rows": [dict.fromkeys(live.rows[0])]})
    assert said.status_code == 200
    assert said.json()["warnings"] == []


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ({"age": 900}, "out_of_range", "age"),
        ({"workclass": "Astronaut"}, "unseen_category", "workclass"),
        ({"shoe": 43}, "unknown_column", "shoe"),
    ],
)
def test_an_unusual_row_is_answered_with_a_warning(
    live: Live, cells: dict[str, Any], code: str, column: str
) -> None:
    with live.client() as client:
        said = client.post("/predict", json={"rows": [live.rows[1], _with(live, **cells)]}).json()
    assert len(said["predictions"]) == 2
    assert [(w["code"], w["column"]) for w in said["warnings"]] == [(code, column)]
    assert said["warnings"][0].get("row", 1) == 1


def test_health_needs_no_token_and_names_the_model(live: Live) -> None:
    with live.client(headers={"Authorization": ""}) as client:
        said = client.get("/health")
    assert (said.status_code, said.json()) == (
        200,
        {"status": "ready", "model": NAME, "run_id": "0123abcd"},
    )


def test_metrics_count_requests_rows_and_refusals(live: Live) -> None:
    names = (
        'workbench_requests_total{route="/predict",status="200"}',
        'workbench_requests_total{route="/predict",status="422"}',
        'workbench_requests_total{route="other",status="404"}',
        "workbench_rows_total",
        "workbench_predict_seconds_count",
    )
    before = [live.metric(n) for n in names]
    with live.client() as client:
        for _ in range(4):
            client.post("/predict", json={"rows": live.rows})
        client.post("/predict", json={"rows": [{}]})
        client.get("/secret/path?token=abc")
    counted = [live.metric(n) - was for n, was in zip(names, before, strict=True)]
    assert counted == [4, 1, 1, 4 * len(live.rows), 5]
    assert live.metric("workbench_waiting") == 0
    assert live.metric(f'workbench_model{{name="{NAME}",run_id="0123abcd"}}') == 1
