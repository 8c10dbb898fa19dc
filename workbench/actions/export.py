"""Export: a run's whole pipeline as ONNX, proven equal, in a bundle that can be carried away."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.bundle import BundleManifest
from workbench.core.dataset import parse_ref
from workbench.core.errors import DataError, UsageError
from workbench.core.gate import ParityGate, Verdict
from workbench.core.progress import Progress, silent
from workbench.core.recipe import ADOPTED
from workbench.core.report import Finding, Report
from workbench.measures.words import counted
from workbench.packaging.bundle import write
from workbench.packaging.onnx import to_onnx
from workbench.packaging.parity import parity, probes

CONTRACT = ("refuse", "note", "leave")
ENOUGH = 20_000  # rows for the parity check; differences sit in kinds of rows, not in their number


def run(
    context: Context,
    progress: Progress = silent,
    *,
    run: str,
    to: str | None = None,
    replace: bool = False,
    contract: str = "refuse",
) -> dict[str, Any]:
    """Export a run to a bundle folder.

    Parameters
    ----------
    to
        The folder to make; by default ``exports/<dataset>-<family>-<id>`` in the workspace.
    replace
        Whether a bundle that is already there may be replaced.
    contract
        What an endpoint does with rows that break the data set's contract: ``refuse``, ``note``
        (answer with a warning), or ``leave`` (the contract stays out of the bundle).

    Raises
    ------
    Blocked
        The ONNX form does not answer as the run does; nothing is written.
    UsageError
        The folder exists and is not to be replaced, or holds something else than a bundle.
    """
    results = Results.of(context, run)
    folder = _folder(context, results, to, replace)
    if contract not in CONTRACT:
        raise UsageError(
            f"{contract!r} is nothing that can be done with a contract.",
            f"Say one of: {', '.join(CONTRACT)}.",
        )
    progress(0.1, "converting to ONNX")
    content = to_onnx(results.predictor.pipeline, results.signature)
    progress(0.5, "checking that it answers as the run does")
    proof = _proven(context, results, content)
    progress(0.8, "writing the bundle")
    manifest = _written(context, results, folder, proof, contract)
    _noted(context, results, folder, manifest, proof.report)
    progress(1.0, f"bundle in {folder}")
    return {
        "bundle": str(folder),
        "decision": proof.verdict.decision,
        "sentence": proof.verdict.sentence,
        "run": results.record.id,
    }


@dataclass(frozen=True)
class _Proof:
    """The ONNX form of a run, and how it was held against the run."""

    content: bytes
    report: Report
    verdict: Verdict


def _proven(context: Context, results: Results, content: bytes) -> _Proof:
    """Hold the ONNX form against the run; the report is kept, whatever it says."""
    rows, refused = _rows(results)
    report, verdict = parity(
        results.predictor.scores(rows),
        content,
        {c: rows[c].to_numpy() for c in results.signature.names},
        results.signature,
        subject=results.record.id,
        gate=ParityGate(),
    )
    if refused:
        report = replace(report, findings=(*report.findings, _refused(refused)))
    context.store.put_report(results.record.id, report)
    verdict.require()
    return _Proof(content, report, verdict)


def _written(
    context: Context, results: Results, folder: Path, proof: _Proof, contract: str
) -> BundleManifest:
    """The bundle's files, with what else is known of the run."""
    promised = context.datasets.contract(parse_ref(results.record.recipe.dataset)[0])
    return write(
        folder,
        name=folder.name,
        onnx=proof.content,
        run=results.record,
        parity=proof.report,
        verdict=proof.verdict,
        evaluation=context.store.report(results.record.id, "evaluation"),
        fairness=context.store.report(results.record.id, "fairness"),
        explanation=context.store.report(results.record.id, "explanation"),
        contract=None if contract == "leave" else promised,
        broken="note" if contract == "note" else "refuse",
        sample=results.test_rows(list(results.signature.names)).head(3),
    )


def _noted(
    context: Context, results: Results, folder: Path, manifest: BundleManifest, report: Report
) -> None:
    """Who exported what, in the audit log."""
    context.audit.append(
        "export",
        results.record.id,
        {
            "bundle": str(folder),
            "model_sha256": manifest.files[manifest.model],
            "parity": report.facts,
        },
    )


def _refused(count: int) -> Finding:
    return Finding(
        "rows-refused",
        "info",
        f"The model itself gives no answer to {counted(count, 'awkward row')} (missing or unknown"
        " values): they were left out. An endpoint refuses them, or answers as the graph does.",
        {"rows": count},
    )


def _rows(results: Results) -> tuple[pd.DataFrame, int]:
    """Test rows, and rows made to be awkward: missing, unknown, on the thresholds of trees.

    A model from outside may refuse some of these; how many is told, too.
    """
    test = results.test_rows()
    if len(test) > ENOUGH:
        test = test.iloc[np.linspace(0, len(test) - 1, ENOUGH).astype(int)]
    extra = probes(results.predictor, test)
    asked = len(extra)
    if results.record.recipe.family == ADOPTED:
        extra = _answerable(results, extra)
    return pd.concat([test, extra], ignore_index=True), asked - len(extra)


def _answerable(results: Results, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that a model from outside answers at all: some refuse what is missing or new."""
    with contextlib.suppress(DataError):
        results.predictor.scores(rows)
        return rows
    kept = []
    for place in range(len(rows)):
        with contextlib.suppress(DataError):
            results.predictor.scores(rows.iloc[[place]])
            kept.append(place)
    return rows.iloc[kept]


def _folder(context: Context, results: Results, to: str | None, replace: bool) -> Path:
    """Where the bundle goes, once nothing speaks against it."""
    if to is None:  # our own folder, named after the run: the same content again
        folder, replace = _own_folder(context, results), True
    else:
        folder = Path(to).expanduser().absolute()
    _check_free(folder, replace)
    if shutil.disk_usage(folder.parent if folder.parent.exists() else context.root).free < 2**20:
        raise UsageError(f"The disk of {folder.parent} is full.", "Free some space first.")
    return folder


def _own_folder(context: Context, results: Results) -> Path:
    record = results.record
    dataset = record.recipe.dataset.replace("@", "-v")
    return context.folder("exports") / f"{dataset}-{record.name}-{record.id[:6]}"


def _check_free(folder: Path, replace: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / "bundle.json").is_file():
        raise UsageError(f"{folder} exists and is no bundle.", "Choose another folder.")
    if not replace:
        raise UsageError(
            f"{folder} holds a bundle already.", "Choose another folder, or allow replacing it."
        )
