"""Bundles: a folder with the model and all that somebody needs to use and to judge it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, Literal

import pandas as pd

from workbench.core.bundle import MANIFEST, BundleManifest, sha256
from workbench.core.contract import Contract
from workbench.core.errors import Blocked
from workbench.core.files import replacing_folder
from workbench.core.gate import Verdict
from workbench.core.report import Report
from workbench.core.run import RunRecord
from workbench.core.signature import Field, Signature
from workbench.core.wire import dumps, plain
from workbench.encoding import TEXTS, text
from workbench.packaging.card import card

OWN = "ml-workbench"
RUNTIME = ("onnxruntime", "numpy")  # what the model itself needs
TEMPLATES = {"Dockerfile": "Dockerfile.txt", "example.py": "example.py.txt",
             "example.sh": "example.sh.txt"}  # fmt: skip


def write(
    folder: Path,
    *,
    name: str,
    onnx: bytes,
    run: RunRecord,
    parity: Report,
    verdict: Verdict,
    sample: pd.DataFrame,
    evaluation: Report | None = None,
    fairness: Report | None = None,
    explanation: Report | None = None,
    contract: Contract | None = None,
    broken: Literal["refuse", "note"] = "refuse",
) -> BundleManifest:
    """Write a bundle; the folder appears whole or not at all.

    An existing folder at that place is replaced: whether it may be is for the caller to know.

    Parameters
    ----------
    explanation
        Told by its sizes in the model card; its rows stay out of the bundle.
    contract, broken
        What the data set promises, and what an endpoint does with rows that break it.

    Raises
    ------
    Blocked
        The verdict says no.
    StoreError
        The disk is full or the folder cannot be written.
    """
    if verdict.decision == "block":
        raise Blocked(verdict.sentence, [f.sentence for f in verdict.findings])
    manifest = _manifest(name, run, parity, verdict)
    if contract is not None:
        foreign = [r.column for r in contract.rules if r.column not in manifest.signature.names]
        kept = replace(contract.without(foreign), strict=False, key=())
        manifest = replace(manifest, contract=kept, broken=broken)
    reports = {"parity": parity, "evaluation": evaluation, "fairness": fairness}
    with replacing_folder(Path(folder)) as temporary:
        (temporary / manifest.model).write_bytes(onnx)
        contents = {
            **_deployment(name),
            "README.md": card(manifest, evaluation, fairness, explanation, run),
            "requirements.txt": requirements(),
            "sample.json": dumps({"rows": sample_rows(sample, manifest.signature)}, indent=2),
            **{f"reports/{k}.json": dumps(r) for k, r in reports.items() if r is not None},
        }
        for path, content in contents.items():
            (temporary / path).parent.mkdir(exist_ok=True)
            (temporary / path).write_text(content, encoding="utf-8")
        temporary.chmod(0o755)  # a temporary folder begins closed to all others
        names = sorted([manifest.model, *contents])
        manifest = replace(manifest, files={n: sha256(temporary / n) for n in names})
        (temporary / MANIFEST).write_text(dumps(manifest, indent=2), encoding="utf-8")
    return manifest


def requirements() -> str:
    """What an endpoint of a bundle needs, in the versions that this machine has."""
    pins = [f"{name}=={v}" if (v := _installed(name)) else name for name in (OWN, *RUNTIME)]
    return "\n".join(pins) + "\n"


def sample_rows(frame: pd.DataFrame, signature: Signature) -> list[dict[str, Any]]:
    """Rows of a frame as a client sends them: JSON values, ``None`` where missing."""
    return [
        {f.name: _json_value(frame[f.name].iloc[row], f) for f in signature.inputs}
        for row in range(len(frame))
    ]


def _manifest(name: str, run: RunRecord, parity: Report, verdict: Verdict) -> BundleManifest:
    assert run.signature is not None, "a run that is done has a signature"
    tags: Mapping[str, str] = run.tags
    versions = {k.removeprefix("version."): v for k, v in tags.items() if k.startswith("version.")}
    own = {p: v for p in (OWN, *RUNTIME) if (v := _installed(p))}
    return BundleManifest(
        name=name,
        run_id=run.id,
        family=run.recipe.family,
        dataset=run.recipe.dataset,
        dataset_digest=run.dataset_digest,
        recipe_digest=run.recipe.digest,
        signature=run.signature,
        metrics=dict(run.metrics),
        parity=plain(parity.facts),
        verdict=verdict,
        files={},
        git_commit=tags.get("git_commit", ""),
        versions={**versions, **own},
    )


def _deployment(name: str) -> dict[str, str]:
    image = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "model"
    words = {"name": " ".join(name.split()), "image": image}
    folder = files("workbench.packaging") / "templates"
    return {
        path: Template((folder / source).read_text("utf-8")).substitute(words)
        for path, source in TEMPLATES.items()
    }


def _json_value(value: Any, item: Field) -> Any:
    if pd.isna(value) or (item.kind == "text" and item.example is None):  # by its hash alone
        return None
    if item.kind in TEXTS:
        return text(value)
    if item.kind == "datetime":
        return pd.Timestamp(value).isoformat()
    if item.kind == "boolean":
        return text(value).strip().lower() in ("true", "1", "yes", "y", "t")
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # run from a checkout that was never installed
        return ""
