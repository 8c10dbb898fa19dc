"""Export: a run's whole pipeline as ONNX, proven equal, in a bundle that can be carried away."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.actions.context import Context
from workbench.actions.results import Results
from workbench.core.dataset import parse_ref
from workbench.core.errors import UsageError
from workbench.core.gate import ParityGate
from workbench.core.progress import Progress, silent
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
    promised = context.datasets.contract(parse_ref(results.record.recipe.dataset)[0])
    progress(0.1, "converting to ONNX")
    content = to_onnx(results.predictor.pipeline, results.signature)
    progress(0.5, "checking that it answers as the run does")
    rows = _rows(results)
    reference = results.predictor.scores(rows)
    report, verdict = parity(
        reference,
        content,
        {c: rows[c].to_numpy() for c in results.signature.names},
        results.signature,
        subject=results.record.id,
        gate=ParityGate(),
    )
    context.store.put_report(results.record.id, report)
    verdict.require()
    progress(0.8, "writing the bundle")
    manifest = write(
        folder,
        name=folder.name,
        onnx=content,
        run=results.record,
        parity=report,
        verdict=verdict,
        evaluation=context.store.report(results.record.id, "evaluation"),
        fairness=context.store.report(results.record.id, "fairness"),
        contract=None if contract == "leave" else promised,
        broken="note" if contract == "note" else "refuse",
        sample=results.test_rows(list(results.signature.names)).head(3),
    )
    context.audit.append(
        "export",
        results.record.id,
        {
            "bundle": str(folder),
            "model_sha256": manifest.files[manifest.model],
            "parity": report.facts,
        },
    )
    progress(1.0, f"bundle in {folder}")
    return {
        "bundle": str(folder),
        "decision": verdict.decision,
        "sentence": verdict.sentence,
        "run": results.record.id,
    }


def _rows(results: Results) -> pd.DataFrame:
    """Test rows, and rows made to be awkward: missing, unknown, on the thresholds of trees."""
    test = results.test_rows()
    if len(test) > ENOUGH:
        test = test.iloc[np.linspace(0, len(test) - 1, ENOUGH).astype(int)]
    extra = probes(results.predictor, test)
    return pd.concat([test, extra], ignore_index=True)


def _folder(context: Context, results: Results, to: str | None, replace: bool) -> Path:
    if to is None:
        dataset = results.record.recipe.dataset.replace("@", "-v")
        folder = (
            context.folder("exports") / f"{dataset}-{results.record.name}-{results.record.id[:6]}"
        )
        replace = True  # our own folder, named after the run: the same content again
    else:
        folder = Path(to).expanduser().absolute()
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        if not (folder / "bundle.json").is_file():
            raise UsageError(f"{folder} exists and is no bundle.", "Choose another folder.")
        if not replace:
            raise UsageError(
                f"{folder} holds a bundle already.", "Choose another folder, or allow replacing it."
            )
    if shutil.disk_usage(folder.parent if folder.parent.exists() else context.root).free < 2**20:
        raise UsageError(f"The disk of {folder.parent} is full.", "Free some space first.")
    return folder
