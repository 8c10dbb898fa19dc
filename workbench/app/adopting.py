"""The dialog that adds a finished model: a file, the data set that judges it, and a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.importing import NARROW
from workbench.app.jobpanel import JobPanel
from workbench.app.question import Choices, Question, no_data, selects
from workbench.app.sources import Uploaded
from workbench.app.uploads import Dropper
from workbench.app.visit import Visit
from workbench.app.work import Slot
from workbench.core.errors import UsageError
from workbench.views import words

ENDINGS = (".onnx", ".skops", ".pt2")
LARGEST = 10**9  # bytes of a model
SAID = f"ONNX, skops or torch.export (.pt2) · up to {words.size(LARGEST)} · pickles are not opened"
WIDE: Mapping[str, Any] = {"sizing_mode": "stretch_width", "margin": (4, 0), "size": "small"}
ABOUT = (
    "It becomes a run: judged on the test rows, explained, compared, exported and served like any"
    " other. The rows that it was trained on are unknown, so it may have seen the test rows."
)


class AdoptModel(Question):
    """What the form says."""

    def ask(self, source: str, fields: Mapping[str, str]) -> dict[str, Any]:
        """The parameters of the job.

        Raises
        ------
        UsageError
            No model or no data set is chosen.
        """
        if not source:
            raise UsageError("No model is chosen.", "Upload a file, or give its path.")
        if not self.dataset:
            raise UsageError("No data set is chosen.", "Choose the one whose rows judge it.")
        lists = {
            name: [part.strip() for part in fields[name].split(",") if part.strip()] or None
            for name in ("columns", "classes", "trust")
        }
        return {
            "source": source,
            "dataset": self.dataset,
            "target": self.target or None,
            "name": fields["name"].strip() or None,
            **lists,
            "trust": lists["trust"] or [],
        }


class AdoptDialog:
    """A form in a dialog; it stays open until the model has become a run."""

    def __init__(self, visit: Visit, done: Callable[[str], None]) -> None:
        self.visit = visit
        self._done = done
        self.model = AdoptModel(visit.workspace)
        self.job = JobPanel(visit, self._adopted)
        folder = visit.workspace.root / "cache" / "uploads"
        self.dropper = Dropper(
            folder=folder, endings=ENDINGS, largest=LARGEST, width=0, height=0, margin=0
        )
        self.uploaded = Uploaded(visit, lambda: None, self.dropper, SAID)
        self.path = pmui.TextInput(
            label="Or its place on this machine", placeholder="~/model.onnx, models:/NAME/1", **WIDE
        )
        self.fields = {
            "name": pmui.TextInput(label="Name of the run (the file's name)", **WIDE),
            "columns": pmui.TextInput(label="Its columns, in its order: age, hours", **WIDE),
            "classes": pmui.TextInput(label="Its classes, in its order: no, yes", **WIDE),
            "trust": pmui.TextInput(label="Types of a skops file that you vouch for", **WIDE),
        }
        self.form = Slot(120)
        go = ui.button("Add", self._start, icon="add", variant="contained")
        close = ui.button("Close", self.close, variant="text")
        buttons = pn.Row(close, go, margin=0, styles={"gap": "10px", "margin-left": "auto"})
        unsaid = [self.fields[name] for name in ("columns", "classes", "trust")]
        self.dialog = pmui.Dialog(
            ui.column(
                ui.text(ABOUT, "quiet"),
                self.uploaded.view,
                self.path,
                self.form.view,
                self.fields["name"],
                ui.details("What the file does not say", ui.column(*unsaid, margin=(4, 12))),
                self.job.view,
                ui.row(buttons),
                gap=8,
                margin=(0, 0, 6, 0),
            ),
            title="Add a finished model",
            width_option="sm",
            sizing_mode="stretch_width",
            show_close_button=True,
            close_on_click=False,
            sx=NARROW,
        )
        self.dialog.link(self.dropper, open="open")
        self.dropper.param.watch(self._pressed, "pressed")
        self.dropper.param.watch(self._dropped, "upload")

    def open(self) -> None:
        """Show the dialog."""
        self.dialog.open = True
        self.form.fill(self.model.choices, self._draw, "Reading the data sets")

    def close(self) -> None:
        """Close the dialog; a job that runs goes on."""
        self.dialog.open = False

    def _draw(self, choices: Choices) -> Any:
        if not choices.datasets:
            return no_data(self.visit)
        ref = choices.first(self.visit.get("data") or self.model.dataset)
        dataset, target = selects(self.model, choices, ref)
        dataset.param.watch(lambda e: self.model.choose(e.new, choices, target), "value")
        self.model.choose(ref, choices, target)
        return ui.column(dataset, target, gap=8)

    def _dropped(self, event: Any) -> None:
        """A file was dropped on the page: the dialog opens at it."""
        if event.new is not None and not self.dialog.open:
            self.open()

    def _pressed(self, event: Any) -> None:
        if event.new["key"] == "escape":
            self.close()

    def _start(self) -> None:
        said = {name: str(field.value_input or field.value) for name, field in self.fields.items()}
        upload = self.dropper.upload
        if upload is not None and not said["name"].strip():
            said["name"] = upload.name.rpartition(".")[0]
        source = self.uploaded.source() or str(self.path.value_input or "").strip()
        try:
            asked = self.model.ask(source, said)
        except UsageError as error:
            self.job.refuse(error)
            return
        self.job.start("adopt", **asked)

    def _adopted(self, result: Mapping[str, Any]) -> None:
        self.dialog.open = False
        self.job.clear()
        self.uploaded.forget()
        for field in (self.path, *self.fields.values()):
            field.param.update(value="", value_input="")
        self.visit.say("The model is a run now", "success")
        self._done(str(result["run"]))
