"""Doctor: what this machine and this workspace look like, and how to mend what is wrong."""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

import psutil

from workbench import __version__
from workbench.actions.context import Context
from workbench.core.errors import WorkbenchError
from workbench.core.report import Finding, Report, Severity, Table
from workbench.jobs.machine import gpus

State = Literal["ok", "warning", "error"]
DISTRIBUTION = "ml-workbench"
LITTLE_DISK, NO_DISK = 5 << 30, 500 << 20  # bytes
LITTLE_MEMORY = 2 << 30
EXTRAS = ("ml", "torch", "app", "jupyter", "monitor")
DATABASES = ("mlflow.db", "ledger.db", "data/index.db")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    found: str
    mend: str = ""


def machine() -> Report:
    """The machine alone: Python, packages, processor, memory, GPU, disk."""
    return _report("this machine", list(_machine(Path.cwd())))


def check(context: Context) -> Report:
    """The machine and the workspace: its databases, snapshots, jobs, endpoints and audit log."""
    parts = (_databases, _store, _snapshots, _jobs, _endpoints, _audit)
    checks = list(_machine(context.root))
    for part in parts:
        checks += list(_safely(part, context))
    return _report(str(context.root), checks)


def _report(subject: str, checks: list[Check]) -> Report:
    severity: dict[State, Severity] = {"warning": "warning", "error": "error"}
    findings = tuple(
        Finding(
            c.name.replace(" ", "-"), severity[c.state], f"{c.name}: {c.found} {c.mend}".strip()
        )
        for c in checks
        if c.state != "ok"
    )
    bad = sum(c.state == "error" for c in checks)
    odd = sum(c.state == "warning" for c in checks)
    sentence = (
        f"{len(checks)} things were looked at: {bad} broken, {odd} worth knowing."
        if bad or odd
        else f"{len(checks)} things were looked at; all are well."
    )
    columns = {k: [getattr(c, k) for c in checks] for k in ("name", "state", "found", "mend")}
    return Report(
        kind="doctor",
        subject=subject,
        title=f"Workbench {__version__}",
        sentence=sentence,
        facts={"broken": bad, "odd": odd},
        findings=findings,
        tables=(Table.of("checks", columns),),
    )


def _safely(part: Callable[[Context], Iterator[Check]], context: Context) -> Iterator[Check]:
    """A part that cannot even be looked at is a finding itself."""
    name = part.__name__.strip("_")
    try:
        yield from part(context)
    except (WorkbenchError, OSError, sqlite3.Error) as error:
        yield Check(name, "error", str(error), "")


# the machine ---------------------------------------------------------------------------------


def _machine(folder: Path) -> Iterator[Check]:
    yield Check("Python", "ok", f"{platform.python_version()} at {sys.executable}")
    yield from _packages()
    memory = psutil.virtual_memory()
    state: State = "warning" if memory.available < LITTLE_MEMORY else "ok"
    found = (
        f"{os.cpu_count()} cores, {_size(memory.total)} of memory, {_size(memory.available)} free"
    )
    yield Check("processor", state, found, "Close other programs." if state != "ok" else "")
    yield _gpu()
    yield _disk(folder)


def _packages() -> Iterator[Check]:
    try:
        needed = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        mend = "Install it: pip install -e '.[all]'"
        yield Check("packages", "warning", f"{DISTRIBUTION} runs from a folder.", mend)
        return
    for extra in ("", *EXTRAS):
        missing, old = _unmet(needed, extra)
        title = f"part {extra}" if extra else "core packages"
        command = (
            f"pip install '{DISTRIBUTION}[{extra}]'" if extra else f"pip install {DISTRIBUTION}"
        )
        if missing:
            state: State = "warning" if extra else "error"
            yield Check(title, state, f"{', '.join(missing)} missing.", f"Install it: {command}")
        elif old:
            yield Check(title, "warning", f"{', '.join(old)}.", f"Update it: {command} --upgrade")
        else:
            yield Check(title, "ok", "all packages are there")


def _unmet(needed: list[str], extra: str) -> tuple[list[str], list[str]]:
    """Requirements of one extra that are missing or older than asked."""
    from packaging.requirements import Requirement

    missing, old = [], []
    for line in needed:
        requirement = Requirement(line)
        marker = requirement.marker
        wanted = marker.evaluate({"extra": extra}) if marker else True
        in_core = not marker or marker.evaluate({"extra": ""})
        if not wanted or (bool(extra) and in_core) or requirement.name == DISTRIBUTION:
            continue
        try:
            has = version(requirement.name)
        except PackageNotFoundError:
            missing.append(requirement.name)
            continue
        if not requirement.specifier.contains(has, prereleases=True):
            old.append(f"{requirement.name} {has} is not {requirement.specifier}")
    return missing, old


def _gpu() -> Check:
    """Asked of the driver, not of torch: importing that takes seconds."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return Check("GPU", "ok", "Apple silicon (MPS)")
    there = list(gpus())
    if not there:
        return Check("GPU", "ok", "none; networks train on the processor")
    found = "; ".join(f"{g.name}, {_size(g.free)} of {_size(g.memory)} free" for g in there)
    cuda = re.search(r"\+(cu\d+|cpu)", _torch())
    if cuda and cuda[1] == "cpu":
        mend = "Install PyTorch with CUDA: https://pytorch.org/get-started/locally"
        return Check("GPU", "warning", f"{found}, but PyTorch is a CPU build.", mend)
    return Check("GPU", "ok", f"{found} (driver {there[0].driver})")


def _torch() -> str:
    try:
        return version("torch")
    except PackageNotFoundError:
        return ""


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    state: State = "error" if free < NO_DISK else "warning" if free < LITTLE_DISK else "ok"
    return Check("disk", state, f"{_size(free)} free", "Free some space." if state != "ok" else "")


def _size(count: float) -> str:
    return f"{count / 2**30:.1f} GB"


# the workspace -------------------------------------------------------------------------------


def _databases(context: Context) -> Iterator[Check]:
    for name in DATABASES:
        path = context.root / name
        if not path.is_file():
            continue
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as base:
                verdict = base.execute("PRAGMA quick_check").fetchone()[0]
        except sqlite3.Error as error:
            verdict = str(error)
        if verdict == "ok":
            yield Check(name, "ok", f"whole, {path.stat().st_size / 2**20:.1f} MB")
        else:
            mend = f"Bring {name} back from a backup, or move it away to begin anew."
            yield Check(name, "error", f"damaged: {verdict}", mend)


def _store(context: Context) -> Iterator[Check]:
    runs = context.store.runs(1000)
    where = context.settings.tracking_uri or "embedded"
    yield Check("MLflow store", "ok", f"{where}, {len(runs)} runs")


def _snapshots(context: Context) -> Iterator[Check]:
    records = context.datasets.list()
    broken = []
    for record in records:
        try:
            context.datasets.verify(record)
        except WorkbenchError as error:
            broken.append(error.sentence)
    if broken:
        yield Check("data sets", "error", " ".join(broken), "Import the source again.")
    else:
        yield Check("data sets", "ok", f"{len(records)}, each as it was imported")


def _jobs(context: Context) -> Iterator[Check]:
    context.ledger.reconcile()
    lost = [j for j in context.ledger.jobs(200) if j.state == "lost"]
    if lost:
        found = f"{len(lost)} lost, the newest is {lost[0].id} ({lost[0].action})"
        yield Check("jobs", "warning", found, "What they had finished is kept; start them again.")
    else:
        yield Check("jobs", "ok", "none was lost")


def _endpoints(context: Context) -> Iterator[Check]:
    records = context.ledger.endpoints()
    failed = [e for e in records if e.state == "failed"]
    deaf = [e for e in records if e.alive and not _answers(e.host, e.port)]
    if failed:
        names = ", ".join(e.name for e in failed)
        mend = "Restart it: workbench endpoints restart NAME"
        yield Check("endpoints", "warning", f"{names} ended unasked.", mend)
    if deaf:
        names = ", ".join(e.name for e in deaf)
        yield Check("endpoints", "error", f"{names} runs, but its port does not answer.",
                    "See its log: workbench endpoints log NAME")  # fmt: skip
    if not failed and not deaf:
        alive = sum(e.alive for e in records)
        yield Check("endpoints", "ok", f"{alive} of {len(records)} are running")


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def _audit(context: Context) -> Iterator[Check]:
    fault = context.audit.first_fault()
    if fault is None:
        yield Check("audit log", "ok", "unbroken")
    else:
        found = f"entry {fault} was changed, or one before it was removed"
        yield Check(
            "audit log", "error", found, "Compare it with a backup: entries are only added."
        )
