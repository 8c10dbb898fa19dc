"""The import dialog: name a source, see how it would be read, say what columns are for, import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app import ui
from workbench.app.jobpanel import JobPanel
from workbench.app.previewing import Options, PreviewView
from workbench.app.sources import Catalogue, Database, Machine, Uploaded
from workbench.app.uploads import Dropper
from workbench.app.visit import Visit
from workbench.app.work import Slot, in_background
from workbench.core.errors import UsageError
from workbench.core.preview import Preview

ROWS = 20  # of the preview
PAUSE = 350  # milliseconds without a change before the source is looked at
NARROW = {
    "& .MuiDialog-container": {"alignItems": "flex-start"},  # its head stays where it is
    "& .MuiDialog-paper": {
        "borderRadius": "16px",
        "marginTop": "6vh",
        "@media (max-width: 620px)": {
            "margin": "8px",
            "width": "calc(100% - 16px)",
            "maxHeight": "calc(100% - 16px)",
        },
    },
}


class ImportDialog:
    """The form in a dialog; it stays open until the import has worked.

    What was said stays when it is closed, but for passwords, which go with the import.
    """

    def __init__(self, visit: Visit, done: Callable[[str], None]) -> None:
        self.visit = visit
        self._done = done
        self.job = JobPanel(visit, self._imported)
        self.dropper = Dropper(
            folder=visit.workspace.root / "cache" / "uploads", width=0, height=0, margin=0
        )
        self.catalogue = Catalogue(visit, self._changed)
        self.machine = Machine(visit, self._changed)
        self.uploaded = Uploaded(visit, self._changed, self.dropper)
        self.database = Database(visit, self._changed)
        self._ways = {
            way.title: way for way in (self.catalogue, self.machine, self.uploaded, self.database)
        }
        self.way = pmui.RadioButtonGroup(
            label="", options=list(self._ways), value=self.catalogue.title, size="small",
            margin=(2, 0, 4, 0), sizing_mode="stretch_width",
        )  # fmt: skip
        self.way.param.watch(self._other_way, "value")
        self.place = ui.column(self.catalogue.view)
        self.options = Options(self._look_soon)
        self.seen = PreviewView()
        self.slot = Slot(180)
        self.called = pmui.TextInput(
            label="Name (made from the source)", size="small", margin=0,
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.go = ui.button("Import", self._start, icon="upload", variant="contained")
        self.go.disabled = True
        self.dialog = pmui.Dialog(
            ui.column(*self._form(), gap=10, margin=(0, 0, 6, 0)),
            title="Import data",
            width_option="md",
            sizing_mode="stretch_width",
            show_close_button=True,
            close_on_click=False,
            sx=NARROW,
        )
        self.dialog.link(self.dropper, open="open")
        self.dropper.param.watch(self._pressed, "pressed")
        self.dropper.param.watch(self._dropped, "upload")
        self.dropper.param.watch(self._dropped, "fault")
        self._looked: tuple[str, str] = ("", "")  # way and source of what is shown
        self._seen = False  # whether what is shown is what would be imported
        self._waiting: Any = None

    def open(self) -> None:
        """Show the dialog."""
        self.dialog.open = True
        self._ways[self.way.value].arrive()

    def ask(self) -> dict[str, Any]:
        """The parameters of the import job.

        Raises
        ------
        UsageError
            The form does not say what to import.
        """
        way = self._ways[self.way.value]
        source = way.source()
        if not source:
            raise UsageError("Nothing is chosen to import.", way.missing)
        return {
            "source": source,
            "name": self.called.value_input.strip() or None,
            **self.seen.roles(),
            "options": {**way.options(), **self.options.said()},
        }

    def _form(self) -> list[Any]:
        name = ui.column(self.called, styles={"flex": "1 1 240px", "min-width": "0"})
        close = ui.button("Close", self.close, variant="text")
        buttons = pn.Row(close, self.go, margin=0, styles={"gap": "10px", "margin-left": "auto"})
        return [
            self.way,
            self.place,
            self.options.view,
            self.slot.view,
            self.job.view,
            ui.row(name, buttons, gap=10, margin=(4, 0, 0, 0)),
        ]

    # the source ----------------------------------------------------------------------------

    def _other_way(self, event: Any) -> None:
        way = self._ways[event.new]
        self.place[:] = [way.view]
        way.arrive()
        self._changed()

    def _changed(self) -> None:
        """Another source is named, or none."""
        if self._named() != self._looked:
            self.options.reset()
            self.seen.reset()
        self.go.disabled = not self._named()[1]
        self._look_soon()

    def _named(self) -> tuple[str, str]:
        return self.way.value, self._ways[self.way.value].source()

    def _look_soon(self) -> None:
        """Look at the source when nothing has changed for a moment."""
        self._seen = False
        document = pn.state.curdoc
        if document is None:
            self._look()
            return
        if self._waiting is not None:
            document.remove_timeout_callback(self._waiting)
        self._waiting = document.add_timeout_callback(self._look, PAUSE)

    def _look(self) -> None:
        self._waiting = None
        named = self._named()
        if not named[1]:
            self._looked = named
            self.slot.show()
            return
        same, self._looked = named == self._looked, named
        way, workspace = self._ways[named[0]], self.visit.workspace
        options = {**way.options(), **self.options.said()}
        if way is self.catalogue and not workspace.at_hand(named[1]):
            self._seen = True
            self.slot.show(ui.text("It is downloaded when it is imported.", "quiet"))
            return
        self.slot.fill(
            lambda: workspace.preview(named[1], rows=ROWS, **options).record,
            self._draw,
            "Looking at the first rows",
            keep=same,
        )

    def _draw(self, preview: Preview) -> Any:
        self._seen = True
        self.options.show(preview)
        return self.seen.show(preview)

    # what comes from outside of the form ---------------------------------------------------

    def _dropped(self, event: Any) -> None:
        """A file was dropped on the page: the dialog opens at it."""
        if event.new is not None and not (self.dialog.open and self.way.value == "Upload"):
            self.way.value = self.uploaded.title
            self.dialog.open = True

    def _pressed(self, event: Any) -> None:
        if event.new["key"] == "escape":
            self.close()
        elif self._seen and not self.job.active:  # Enter may have been for the field
            self._start()

    def close(self) -> None:
        """Close the dialog; a job that runs goes on."""
        self.dialog.open = False

    # the import ----------------------------------------------------------------------------

    def _start(self) -> None:
        in_background(self.ask, lambda asked: self.job.start("import", **asked), self.job.refuse)

    def _imported(self, result: Mapping[str, Any]) -> None:
        self.dialog.open = False
        self.job.clear()
        self._ways[self.way.value].forget()
        self.called.param.update(value="", value_input="")
        self.visit.say(f"Imported {result['dataset']}", "success")
        self._done(str(result["dataset"]))
