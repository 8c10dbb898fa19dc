"""Bundles: whole, honest, and refused as soon as anything in them was touched."""

from __future__ import annotations

import ast
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.packaging.models import Model, model
from workbench.core.bundle import MANIFEST, BundleManifest, verify
from workbench.core.errors import Blocked, DataError
from workbench.core.gate import Verdict
from workbench.core.report import Finding, Report, Table
from workbench.encoding import encode
from workbench.packaging.bundle import write
from workbench.packaging.card import card
from workbench.packaging.onnx import to_onnx

TITLES = ("name", "title", "value", "low", "high", "higher_is_better")


def bundle(folder: Path, made: Model) -> BundleManifest:
    content = to_onnx(made.predictor.pipeline, made.signature)
    report, verdict = made.judged(content)
    metrics = Table("metrics", TITLES, (("rmse", "RMSE", 1.5, 1.25, 1.75, False),))
    return write(
        folder,
        name="hourly bikes",
        onnx=content,
        run=made.run,
        parity=report,
        verdict=verdict,
        evaluation=Report("evaluation", "r", "E", facts={"rows": 9}, tables=(metrics,)),
        sample=made.sample.test.head(3),
    )


@pytest.fixture
def made(datasets: Path) -> Model:
    return model(datasets, "regression", "logistic")


@pytest.fixture
def folder(tmp_path: Path, made: Model) -> Path:
    bundle(tmp_path / "bundle", made)
    return tmp_path / "bundle"


def test_a_bundle_holds_all_that_is_needed_and_verifies(tmp_path: Path, made: Model) -> None:
    manifest = bundle(tmp_path / "b", made)
    assert verify(tmp_path / "b") == manifest
    assert set(manifest.files) == {
        "model.onnx", "README.md", "requirements.txt", "Dockerfile", "example.py", "example.sh",
        "sample.json", "reports/parity.json", "reports/evaluation.json",
    }  # fmt: skip
    assert (manifest.run_id, manifest.git_commit) == ("0123abcd", "abc")
    assert manifest.signature == made.signature
    assert sorted(tmp_path.iterdir()) == [tmp_path / "b"]


def _flip(folder: Path) -> str:
    content = bytearray((folder / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.onnx").write_bytes(content)
    return "model.onnx"


def _extra(folder: Path) -> str:
    (folder / "reports" / "surprise.py").write_text("x")
    return "reports/surprise.py"


def _missing(folder: Path) -> str:
    (folder / "example.py").unlink()
    return "example.py"


def _link(folder: Path) -> str:
    (folder / "model.onnx").rename(folder.parent / "elsewhere.onnx")
    (folder / "model.onnx").symlink_to(folder.parent / "elsewhere.onnx")
    return "model.onnx"


def _linked_folder(folder: Path) -> str:
    (folder / "reports").rename(folder.parent / "reports")
    (folder / "reports").symlink_to(folder.parent / "reports")
    return "reports"


def _pipe(folder: Path) -> str:
    os.mkfifo(folder / "pipe")
    return "pipe"


def _escape(folder: Path) -> str:
    data = json.loads((folder / MANIFEST).read_text())
    data["files"]["../secret"] = "0" * 64
    (folder / MANIFEST).write_text(json.dumps(data))
    return "../secret"


def _no_hash_of_the_model(folder: Path) -> str:
    data = json.loads((folder / MANIFEST).read_text())
    data["model"] = "other.onnx"
    (folder / MANIFEST).write_text(json.dumps(data))
    return "other.onnx"


def _broken_manifest(folder: Path) -> str:
    (folder / MANIFEST).write_text('{"files": [1]}')
    return MANIFEST


def _deep_manifest(folder: Path) -> str:
    (folder / MANIFEST).write_text("[" * 100_000)
    return MANIFEST


def _no_manifest(folder: Path) -> str:
    (folder / MANIFEST).unlink()
    return MANIFEST


@pytest.mark.parametrize(
    "harm",
    [
        _flip, _extra, _missing, _link, _linked_folder, _pipe, _escape, _no_hash_of_the_model,
        _broken_manifest, _deep_manifest, _no_manifest,
    ],
)  # fmt: skip
def test_a_touched_bundle_is_refused_and_the_file_named(
    folder: Path, harm: Callable[[Path], str]
) -> None:
    named = harm(folder)
    with pytest.raises(DataError) as caught:
        verify(folder)
    assert named in caught.value.sentence


def test_a_blocked_model_leaves_nothing_behind(tmp_path: Path, made: Model) -> None:
    finding = Finding("parity-agreement", "error", "Only 3 % agree.")
    with pytest.raises(Blocked, match="Only 3 %"):
        write(
            tmp_path / "b",
            name="b",
            onnx=b"",
            run=made.run,
            parity=Report("parity", "r", "P"),
            verdict=Verdict("parity", "block", "No.", (finding,)),
            sample=made.sample.test.head(1),
        )
    assert list(tmp_path.iterdir()) == []


def test_the_sample_is_what_the_model_takes(folder: Path, made: Model) -> None:
    rows = json.loads((folder / "sample.json").read_text())["rows"]
    columns = {name: [row[name] for row in rows] for name in made.signature.names}
    encoded = encode(columns, made.signature)
    expected = made.predictor.encoded(made.sample.test.head(3))
    for name, values in encoded.items():
        wanted = expected[name].to_numpy()
        assert all(a == b or (a != a and b != b) for a, b in zip(values, wanted, strict=True))


def test_the_examples_are_valid_programs(folder: Path) -> None:
    ast.parse((folder / "example.py").read_text())
    subprocess.run(["sh", "-n", str(folder / "example.sh")], check=True)
    assert "onnxruntime==" in (folder / "requirements.txt").read_text()


def test_text_from_data_cannot_break_out_of_the_card(folder: Path, made: Model) -> None:
    evil = "x\n---\n<script>alert(1)</script> `|[a](javascript:1)"
    manifest = replace(verify(folder), name=evil, dataset=evil)
    text = card(manifest)
    front, body = text.split("\n---\n", 1)
    assert front.startswith("---\nlibrary_name: onnx\n")
    assert "\n---\n" not in body
    assert "# x --- &lt;script&gt;alert(1)&lt;/script&gt; \\`\\|\\[a\\](javascript:1)" in body
    outside_code = "".join(body.replace("\\`", "").split("`")[::2])
    assert "<script>" not in outside_code


def test_the_card_shows_metrics_with_their_intervals(folder: Path) -> None:
    text = (folder / "README.md").read_text()
    assert "On 9 held-out rows" in text
    assert "| RMSE | 1.5 | 1.25 to 1.75 |" in text
