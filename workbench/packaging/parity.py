"""Parity: the proof that an exported model answers as the fitted one does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime as ort
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NotImplemented,
    RuntimeException,
)

from workbench.core.gate import ParityGate, Verdict
from workbench.core.report import Finding, Report, Table
from workbench.core.signature import Signature
from workbench.encoding import decide, encode
from workbench.packaging.probes import probes

__all__ = ["answers", "parity", "probes"]

REFUSALS = (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NotImplemented,
    RuntimeException,
)
WORST = 10  # rows shown
BATCH = 2_000  # a graph of nearest neighbours holds each row's distances to all kept rows
USUAL = ParityGate()


def parity(
    reference: np.ndarray,
    onnx: bytes,
    columns: Mapping[str, Sequence[Any] | np.ndarray],
    signature: Signature,
    *,
    subject: str = "",
    gate: ParityGate = USUAL,
) -> tuple[Report, Verdict]:
    """Compare an ONNX model with the scores of the model that was judged, row by row.

    Parameters
    ----------
    reference
        Scores of the fitted pipeline: (rows, classes), or (rows,) for regression.
    columns
        The same rows as raw columns; add :func:`probes` to them.

    Returns
    -------
    tuple
        A report of kind ``parity`` (facts ``rows``, ``agreement``, ``max_abs``, ``mean_abs``,
        ``outlier_share``, ``ties``, ``unit``; table ``worst``), and the gate's verdict. For
        regression the differences are in standard deviations of the reference, or in hundredths of
        the row's own value where that is more.
    """
    reference = np.asarray(reference, np.float64)
    try:
        found = answers(onnx, columns, signature)
    except REFUSALS as error:
        return _broken(f"onnxruntime refuses the model: {_first(error)}", subject)
    if found.shape != reference.shape or not np.isfinite(found).all():
        return _broken("The ONNX model gives scores of a wrong shape or none at all.", subject)
    unit = _unit(reference, signature)
    apart = np.abs(found - reference) / unit
    apart = apart if apart.ndim == 1 else apart.max(axis=1)
    facts = _facts(reference, found, apart, signature, gate)
    findings = _findings(facts, gate)
    return _settled(facts, findings, _worst(reference, found, apart, signature), subject)


def answers(
    onnx: bytes, columns: Mapping[str, Sequence[Any] | np.ndarray], signature: Signature
) -> np.ndarray:
    """The scores of an ONNX model: (rows, classes), or (rows,) for regression; float64."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    arrays = {name: a.reshape(-1, 1) for name, a in encode(columns, signature).items()}
    rows = len(next(iter(arrays.values())))
    parts = [
        session.run(["scores"], {n: a[start : start + BATCH] for n, a in arrays.items()})[0]
        for start in range(0, rows, BATCH)
    ]
    scores = np.concatenate(parts).astype(np.float64)
    return scores[:, 0] if signature.task == "regression" else scores


def _unit(reference: np.ndarray, signature: Signature) -> np.ndarray | float:
    """What a difference is measured in: 1 for probabilities, else each row's own unit.

    The spread is that of the middle half, since awkward rows may be answered by anything. A value
    that dwarfs it is measured by its own size: float32 has seven digits, no more.
    """
    if signature.task != "regression" or not len(reference):
        return 1.0
    low, high = np.quantile(reference, [0.25, 0.75])
    spread = float(high - low) / 1.35 or float(reference.std())
    unit = np.maximum(spread, np.abs(reference) / 100)
    return np.where(unit > 0, unit, 1.0)


def _facts(
    reference: np.ndarray,
    found: np.ndarray,
    apart: np.ndarray,
    signature: Signature,
    gate: ParityGate,
) -> dict[str, Any]:
    tied = np.zeros(len(apart), bool)
    if signature.task == "regression":
        equal = apart <= gate.tolerance
    else:
        equal = decide(found, signature) == decide(reference, signature)
        # on the border itself the last bit decides, and either answer is right
        tied = ~equal & (_margin(reference, signature) <= gate.tolerance / 100)
    return {
        "rows": len(apart),
        "agreement": float((equal | tied).mean()) if len(apart) else 1.0,
        "max_abs": float(apart.max(initial=0)),
        "mean_abs": float(apart.mean()) if len(apart) else 0.0,
        "outlier_share": float((apart > gate.tolerance).mean()) if len(apart) else 0.0,
        "ties": int(tied.sum()),
        "tolerance": gate.tolerance,
        "unit": "standard deviations" if signature.task == "regression" else "probability",
    }


def _margin(scores: np.ndarray, signature: Signature) -> np.ndarray:
    """How far each row is from being given another label."""
    if signature.task == "binary":
        return np.abs(scores[:, 1] - signature.threshold)
    if signature.costs:  # the cheapest decision and the next one
        dear = np.sort(scores @ np.asarray(signature.costs, np.float64), axis=1)
        margin: np.ndarray = (dear[:, 1] - dear[:, 0]) / np.ptp(signature.costs)
        return margin
    top = np.sort(scores, axis=1)
    return top[:, -1] - top[:, -2]


def _findings(facts: Mapping[str, Any], gate: ParityGate) -> tuple[Finding, ...]:
    rules = (
        ("parity-agreement", facts["agreement"] < gate.agreement, "agreement",
         f"Only {facts['agreement']:.2%} of the answers agree; {gate.agreement:.1%} must."),
        ("parity-outliers", facts["outlier_share"] > gate.outliers, "outlier_share",
         f"{facts['outlier_share']:.2%} of the rows differ by more than {gate.tolerance:g}; "
         f"{gate.outliers:.1%} may."),
        ("parity-mean", facts["mean_abs"] > gate.mean, "mean_abs",
         f"The mean difference is {facts['mean_abs']:.2g}; at most {gate.mean:g} is allowed."),
    )  # fmt: skip
    found = [Finding(c, "error", s, {name: facts[name]}) for c, hit, name, s in rules if hit]
    if not found and facts["outlier_share"] > 0:
        sentence = f"{facts['outlier_share']:.3%} of the rows differ by more than the tolerance."
        found.append(Finding("parity-few-outliers", "warning", sentence))
    return tuple(found)


def _settled(
    facts: Mapping[str, Any], findings: tuple[Finding, ...], worst: Table, subject: str
) -> tuple[Report, Verdict]:
    same = "labels agree" if facts["unit"] == "probability" else "values agree"
    sentence = (
        f"{facts['agreement']:.2%} of {facts['rows']:,} {same}; "
        f"the largest difference is {facts['max_abs']:.1e} ({facts['unit']})."
    )
    report = Report("parity", subject, "Parity of the ONNX form", sentence, facts, findings,
                    (worst,))  # fmt: skip
    if report.worst == "error":
        said = f"The ONNX form does not answer as the run does. {sentence}"
        return report, Verdict("parity", "block", said, findings)
    return report, Verdict("parity", "warn" if findings else "pass", sentence, findings)


def _broken(sentence: str, subject: str) -> tuple[Report, Verdict]:
    finding = Finding("parity-broken", "error", sentence)
    report = Report("parity", subject, "Parity of the ONNX form", sentence, {}, (finding,))
    return report, Verdict("parity", "block", sentence, (finding,))


def _worst(
    reference: np.ndarray, found: np.ndarray, apart: np.ndarray, signature: Signature
) -> Table:
    rows = np.argsort(-apart, kind="stable")[:WORST]
    if reference.ndim == 2:
        widest = np.abs(found - reference)[rows].argmax(axis=1)
        before, after = reference[rows, widest], found[rows, widest]
    else:
        before, after = reference[rows], found[rows]
    columns = {
        "row": rows,
        "reference": before,
        "onnx": after,
        "difference": apart[rows],
    }
    return Table.of("worst", columns, "The rows that differ most.")


def _first(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300]
