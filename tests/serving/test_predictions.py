"""The prediction log: what was asked and answered can be read again."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.packaging.models import Model
from tests.serving.endpoints import running
from workbench.packaging.bundle import sample_rows
from workbench.serving.predictions import read
from workbench.serving.runtime.log import Entry, PredictionLog, segments

OWN = ["id", "row", "time", "label", "scores", "run_id"]


def _entry(number: int, rows: int = 1) -> Entry:
    columns = {"x": list(range(rows)), "id": ["a"] * rows}
    return Entry(f"e{number}", 1.7e9 + number, columns, np.arange(float(rows)), [0.5] * rows)


def _log(
    folder: Path, entries: int, rows: int = 1, run_id: str = "run", **limits: int
) -> PredictionLog:
    log = PredictionLog(folder, run_id, **limits)
    log.start()
    for number in range(entries):
        log.put(_entry(number, rows))
    log.close()
    return log


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_what_was_asked_is_what_is_read(
    task: str, made: dict[str, Model], bundles: dict[str, Path], tmp_path: Path
) -> None:
    model = made[task]
    frame = model.sample.test.head(40).reset_index(drop=True)
    names = list(model.signature.names)
    with running(bundles[task], tmp_path) as live, live.client() as client:
        said = client.post("/predict", json={"rows": sample_rows(frame, model.signature)}).json()
    found = read(live.predictions)
    assert list(found.columns) == [*names, *OWN]
    assert found["label"].tolist() == said["predictions"]
    assert set(found["id"]) == {said["id"]}
    assert found["row"].tolist() == list(range(40))
    assert abs(found["time"].iloc[0] - pd.Timestamp.now("UTC")) < pd.Timedelta(minutes=1)
    again = model.predictor.scores(found[names])
    np.testing.assert_allclose(np.stack(found["scores"]), again, rtol=1e-4, atol=1e-5)


def test_the_newest_answers_come_last(tmp_path: Path) -> None:
    _log(tmp_path, 50, rows=3)
    found = read(tmp_path, last=4)
    assert found["answer_id"].tolist() == ["e48", "e49", "e49", "e49"]
    assert found["row"].tolist() == [2, 0, 1, 2]
    assert found["id"].tolist() == ["a"] * 4  # an input of that name keeps it
    assert len(read(tmp_path)) == 150
    assert read(tmp_path, last=0).empty


def test_answers_of_an_earlier_model_under_the_same_name_are_left_out(tmp_path: Path) -> None:
    _log(tmp_path, 3, run_id="old")
    _log(tmp_path, 2, run_id="new")
    assert len(read(tmp_path)) == 5
    assert set(read(tmp_path, 10, "new")["run_id"]) == {"new"}
    assert len(read(tmp_path, 10, "new")) == 2


def test_an_endpoint_that_was_never_asked_has_an_empty_log(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        assert list(read(folder).columns) == OWN
        assert read(folder, last=10).empty


def test_lines_that_a_crash_cut_off_are_skipped(tmp_path: Path) -> None:
    _log(tmp_path, 3)
    whole = segments(tmp_path)[0].read_bytes()
    for end in range(len(whole) - 1, whole.rindex(b"\n", 0, -1) + 1, -1):
        segments(tmp_path)[0].write_bytes(whole[:end])
        assert read(tmp_path)["answer_id"].tolist()[:2] == ["e0", "e1"]
    segments(tmp_path)[0].write_bytes(whole + b"12\n[]\n{}\nnull\n\xff\n")
    assert len(read(tmp_path)) == 3


def test_a_full_segment_is_followed_by_another_and_a_restart_begins_one(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path, "run", segment=200)
    log.start()
    for number in range(6):
        log.put(_entry(number))
        time.sleep(0.07)
    log.close()
    _log(tmp_path, 1)
    assert len(segments(tmp_path)) > 2
    assert read(tmp_path)["answer_id"].tolist() == [*(f"e{n}" for n in range(6)), "e0"]


def test_rows_that_cannot_wait_are_dropped_and_counted(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path, "run", queue=10)
    for number in range(4):
        log.put(_entry(number, rows=4))
    log.start()
    log.close()
    assert (log.written, log.dropped, log.queued) == (8, 8, 0)
    assert len(read(tmp_path)) == 8


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = PredictionLog(tmp_path, "run")
    log.put(_entry(0))
    log.put(_entry(1, rows=100))
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # the nearest thing to a full disk
        log.start()
        log.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (log.written, log.dropped) == (0, 101)
    assert segments(tmp_path)[0].stat().st_size == 0
    _log(tmp_path, 1)
    assert len(read(tmp_path)) == 1
