"""Export: a run as ONNX in a folder that can be carried away, proven to answer alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import param

from workbench.app import ui
from workbench.app.jobpanel import JobPanel
from workbench.app.page import Page
from workbench.app.runs import RunPicker
from workbench.app.work import Slot
from workbench.core.bundle import BundleManifest
from workbench.core.report import Report
from workbench.objects import Bundle, Run
from workbench.views import words
from workbench.workspace import Workspace

TONES = {"pass": "good", "warn": "warn", "block": "bad"}
ABOUT = {
    "model.onnx": "the whole pipeline, preparation included",
    "bundle.json": "signature, provenance, hashes",
    "README.md": "the model card",
    "requirements.txt": "what serving needs, pinned",
    "Dockerfile": "an image that serves it",
    "example.py": "a call in Python",
    "example.sh": "a call with curl",
    "sample.json": "rows that the model takes",
}


@dataclass(frozen=True)
class Exported:
    """A bundle with its manifest, and the parity report of its run."""

    bundle: Bundle
    manifest: BundleManifest
    sizes: dict[str, int]
    parity: Report | None


class ExportModel(param.Parameterized):
    """The chosen run and its bundle, if it was exported."""

    run = param.String("")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace

    def exported(self) -> Exported | None:
        """The newest bundle of the run; blocks."""
        for bundle in self.workspace.bundles():
            manifest = bundle.manifest
            if manifest.run_id == self.run:
                return Exported(bundle, manifest, _sizes(bundle), self._parity())
        return None

    def _parity(self) -> Report | None:
        return self.workspace.runs[self.run].parity()


def _sizes(bundle: Bundle) -> dict[str, int]:
    files = sorted(p for p in bundle.path.rglob("*") if p.is_file())
    return {str(p.relative_to(bundle.path)): p.stat().st_size for p in files}


class ExportPage(Page):
    """A button, the verdict in words and numbers, the files, and what to do with them."""

    def build(self) -> Any:
        self.model = ExportModel(self.workspace)
        self.slot = Slot(320, carded=True)
        self.picker = RunPicker(self.visit, self._chosen, self.slot.show)
        self.job = JobPanel(self.visit, self._done)
        self.go = ui.button("Export to ONNX", self._start, icon="inventory_2", variant="contained")
        return ui.column(
            ui.header(
                "Export", "The whole pipeline as ONNX, in a folder that can be carried away."
            ),
            self.picker.beside(self.go, below=self.job.view),
            self.slot.view,
        )

    def arrive(self) -> None:
        if not self.slot.filled:
            self.slot.show(ui.card("", ui.loading("Reading the runs")))
        self.picker.read()

    def leave(self) -> None:
        self.job.pause()

    def _chosen(self, run: Run) -> None:
        self.model.run = run.id
        self._read()
        self.job.rejoin("export", run=run.id)

    def _read(self) -> None:
        self.slot.fill(self.model.exported, self._draw, "Looking for its bundle")

    def _start(self) -> None:
        if self.model.run and not self.job.active:
            self.job.start("export", run=self.model.run)

    def _done(self, result: Mapping[str, Any]) -> None:
        self.visit.say("Exported", "success")
        self._read()

    # what came out -------------------------------------------------------------------------

    def _draw(self, found: Exported | None) -> Any:
        if found is None:
            return ui.card(
                "",
                ui.empty(
                    "This run was not exported yet.",
                    "Export converts the whole pipeline to ONNX, compares its answers with the"
                    " run's on the test rows and on awkward ones, and writes a bundle only if"
                    " they agree.",
                ),
            )
        verdict = found.manifest.verdict
        sub = f"gate {verdict.gate} · exported {words.ago(found.manifest.created)}"
        return ui.column(
            ui.column(
                ui.banner(verdict.sentence, TONES.get(verdict.decision, "plain"), sub), margin=8
            ),
            ui.grid(
                (ui.column(self._parity(found), self._files(found)), 7),
                (self._commands(found), 5),
            ),
        )

    @staticmethod
    def _parity(found: Exported) -> Any:
        facts = dict(found.parity.facts if found.parity else found.manifest.parity)
        rows = [
            ("Rows compared", words.count(facts.get("rows")), "test rows and awkward ones"),
            ("Equal answers", _agreement(facts.get("agreement")), "share of rows"),
            ("Largest difference", words.number(facts.get("max_abs")), "of a probability or value"),
            ("Mean difference", words.number(facts.get("mean_abs")), ""),
        ]
        parts: list[Any] = [ui.facts(rows)]
        if found.parity is not None and found.parity.findings:
            parts.append(ui.findings(found.parity.findings))
        return ui.card("Does it answer alike?", *parts, sub="The bundle against the run")

    def _commands(self, found: Exported) -> Any:
        path = str(found.bundle.path)
        lines = [
            ("Serve it here", f"workbench serve '{path}' --port 8080"),
            ("Build an image", f"docker build -t {found.manifest.name} '{path}'"),
            ("Call it from Python", f"python '{path}/example.py'"),
        ]
        parts: list[Any] = []
        for what, command in lines:
            copy = ui.button(
                "Copy",
                lambda c=command, w=what: self.visit.copy(c, w),
                icon="content_copy",
                size="small",
                variant="text",
            )
            parts.append(
                ui.column(
                    ui.row(
                        ui.text(what, "small", sizing_mode=None),
                        copy,
                        justify_content="space-between",
                    ),
                    ui.code(command),
                )
            )
        go = ui.button(
            "Serve on this machine",
            lambda: self.visit.go("serve", bundle=found.manifest.name, run=self.model.run),
            icon="rocket_launch",
        )
        return ui.card("What to do with it", *parts, ui.row(go), sub=path)

    @staticmethod
    def _files(found: Exported) -> Any:
        rows = [
            [
                ui.cell(name, quiet=ABOUT.get(name, "")),
                words.size(found.sizes[name]),
                found.manifest.files.get(name, "")[:16] or words.NOTHING,
            ]
            for name in found.sizes
        ]
        heads = [
            ui.Head("file", "File"),
            ui.Head("size", "Size", align="right"),
            ui.Head("hash", "SHA-256", align="right"),
        ]
        return ui.card(
            "Files",
            ui.table(heads, rows, label="Files of the bundle"),
            sub="Every file is held against its hash before the model is loaded",
        )


def _agreement(value: Any) -> str:
    if value is None:
        return words.NOTHING
    return "100%" if value == 1 else f"{100 * value:.3f}%"
