"""Serve: endpoints on this machine: start, stop, restart, their log, and a form to try them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import panel_material_ui as pmui
import param

from workbench.app import ui
from workbench.app.jobpanel import JobPanel
from workbench.app.page import Page
from workbench.app.work import Slot, in_background
from workbench.core.errors import InvalidValue
from workbench.core.signature import Field, Signature
from workbench.objects import Bundle, Endpoint
from workbench.views import words
from workbench.workspace import Workspace

TONES = {"ready": "good", "failed": "bad", "stopped": "", "starting": "warn"}
HEADS = (
    ui.Head("name", "Endpoint"),
    ui.Head("state", "State"),
    ui.Head("url", "Address"),
    ui.Head("since", "Since"),
)


@dataclass(frozen=True)
class Counter:
    """What can be served, and what is being served."""

    bundles: dict[str, str]  # title to path
    endpoints: list[Endpoint]


@dataclass(frozen=True)
class Looked:
    """One endpoint, looked at closely."""

    endpoint: Endpoint
    signature: Signature | None
    sample: dict[str, Any]
    log: str
    token: str


class ServeModel(param.Parameterized):
    """The endpoints and the one that is looked at."""

    endpoint = param.String("")
    endpoints = param.List([])

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace

    def counter(self) -> Counter:
        """Bundles and endpoints; blocks."""
        bundles = {_bundle_title(b): str(b.path) for b in self.workspace.bundles()}
        return Counter(bundles, self.workspace.endpoints.list())

    def look(self) -> Looked:
        """The chosen endpoint; blocks."""
        endpoint = self.workspace.endpoints[self.endpoint]
        there = (endpoint.bundle.path / "bundle.json").is_file()
        return Looked(
            endpoint,
            endpoint.bundle.manifest.signature if there else None,
            next(iter(endpoint.bundle.sample()), {}) if there else {},
            endpoint.log(40),
            endpoint.token,
        )

    def stop(self) -> Endpoint:
        """Let it answer what it has begun, then end it; blocks."""
        return self.workspace.endpoints[self.endpoint].stop()

    def restart(self) -> Endpoint:
        """Stop it and start it on the same port; blocks."""
        return self.workspace.endpoints[self.endpoint].restart()

    def ask(self, texts: Mapping[str, str], signature: Signature) -> dict[str, Any]:
        """Ask the endpoint about one row, given as the form's texts; blocks."""
        row = {f.name: value_of(f, texts.get(f.name, "")) for f in signature.inputs}
        return self.workspace.endpoints[self.endpoint].predict([row])


def _bundle_title(bundle: Bundle) -> str:
    return f"{bundle.name} · {words.ago(bundle.manifest.created)}"


def value_of(field: Field, text: str) -> Any:
    """What a person wrote into the form, as the endpoint takes it; nothing means missing.

    Raises
    ------
    InvalidValue
        A number is asked for and the text is none.
    """
    text = text.strip()
    if not text:
        return None
    if field.kind == "number":
        try:
            return float(text)
        except ValueError as error:
            raise InvalidValue(
                f"{field.name} takes a number, not {text!r}.",
                "Leave it empty if it is unknown.",
                column=field.name,
            ) from error
    if field.kind == "boolean":
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
            text.lower(), text
        )
    return text


class ServePage(Page):
    """Bundles to start, endpoints to run, and one endpoint in detail."""

    def build(self) -> Any:
        self.model = ServeModel(self.workspace)
        self.slot = Slot(160)
        self.detail = Slot(320, carded=True)
        self.job = JobPanel(self.visit, self._started)
        self.bundle = ui.select("Bundle", {}, max_width=520)
        self.port = pmui.TextInput(
            label="Port (free one)", value="", size="small", width=140, margin=(4, 0)
        )
        # until the bundles are read there is nothing to start: a press would be lost in silence
        self.go = ui.button(
            "Start", self._start, icon="rocket_launch", variant="contained", disabled=True
        )
        self.table = ui.table(HEADS, [], label="Endpoints", selectable=True)
        self.table.param.watch(self._chosen, "selected")
        return ui.column(
            ui.header("Serve", "Bundles answering over HTTP on this machine, behind a token."),
            ui.card(
                "Endpoints",
                ui.row(self.bundle, self.port, self.go),
                self.job.view,
                self.slot.view,
            ),
            self.detail.view,
        )

    def arrive(self) -> None:
        self.model.endpoint = self.visit.get("endpoint") or self.model.endpoint
        self.slot.fill(self.model.counter, self._draw, "Looking at the endpoints")
        self.job.rejoin("serve")

    def leave(self) -> None:
        self.job.pause()

    # the list ------------------------------------------------------------------------------

    def _draw(self, found: Counter) -> Any:
        wanted = self.visit.get("bundle")
        paths = list(found.bundles.values())
        value = next((p for p in paths if wanted and p.endswith(f"/{wanted}")), None)
        self.bundle.param.update(
            options=found.bundles, value=value or next(iter(paths), None), disabled=not paths
        )
        self.go.disabled = not paths
        self.model.endpoints = found.endpoints
        if not found.endpoints:
            self.detail.show()
            if not paths:
                return ui.empty(
                    "There is nothing to serve yet.",
                    "Export a run to a bundle first.",
                    ui.button("Go to Export", lambda: self.visit.go("export"), icon="inventory_2"),
                )
            return ui.empty("No endpoint yet.", "Choose a bundle above and start it.")
        names = [e.name for e in found.endpoints]
        if self.model.endpoint not in names:
            alive = [e.name for e in found.endpoints if e.record.alive]
            self.model.endpoint = next(iter([*alive, *names]))
        self.table.rows = ui.plain_rows([_row(e) for e in found.endpoints])
        self.table.selected = names.index(self.model.endpoint)
        self._look()
        return self.table

    def _chosen(self, event: Any) -> None:
        if 0 <= event.new < len(self.model.endpoints):
            name = self.model.endpoints[event.new].name
            if name != self.model.endpoint:
                self.model.endpoint = name
                self._look()

    def _start(self) -> None:
        if self.job.active or not self.bundle.value:
            return
        port = str(self.port.value or "").strip()
        if port and not (port.isdigit() and 0 < int(port) < 65536):
            self.visit.say(f"{port} is no port: give a number from 1 to 65535.", "error")
            return
        self.job.start("serve", bundle=self.bundle.value, port=int(port or 0))

    def _started(self, result: Mapping[str, Any]) -> None:
        self.model.endpoint = str(result["endpoint"])
        self._again()

    def _again(self) -> None:
        self.slot.fill(self.model.counter, self._draw, "Looking at the endpoints")

    # one endpoint --------------------------------------------------------------------------

    def _look(self) -> None:
        self.visit.note(endpoint=self.model.endpoint)
        self.detail.fill(self.model.look, self._draw_one, "Looking at the endpoint")

    def _draw_one(self, found: Looked) -> Any:
        record = found.endpoint.record
        facts = [
            ("State", record.state),
            ("Address", record.url),
            ("Port", str(record.port)),
            ("Since", words.ago(record.stopped if record.state == "stopped" else record.started)),
        ]
        parts: list[Any] = [ui.facts(facts, plain=True)]
        if record.reason:
            parts.append(ui.banner(record.reason, "bad"))
        parts += [ui.row(*self._buttons(found)), *self._secret(found)]
        log = [ui.code(found.log[-5000:] or "(nothing yet)", styles={"max-height": "220px"})]
        again = ui.button("Refresh", self._look, icon="refresh", size="small", variant="text")
        about = ui.column(
            ui.card(record.name, *parts, sub=record.bundle),
            ui.card("Log", *log, sub="Its last lines", actions=[again]),
        )
        return ui.grid((about, 6), (self._form(found), 6))

    def _buttons(self, found: Looked) -> list[Any]:
        watch = ui.button(
            "Monitor",
            lambda: self.visit.go("monitor", endpoint=self.model.endpoint),
            icon="monitor_heart",
            size="small",
        )
        restart = ui.button(
            "Restart" if found.endpoint.record.alive else "Start again",
            lambda: self._change(self.model.restart, "Restarting"),
            icon="restart_alt",
            size="small",
        )
        if not found.endpoint.record.alive:
            return [restart, watch]
        stop = ui.button(
            "Stop",
            lambda: self._change(self.model.stop, "Stopping"),
            icon="stop",
            color="error",
            size="small",
        )
        address = ui.escape(found.endpoint.url)
        docs = ui.markup(
            f'<a class="small" href="{address}/docs" target="_blank" rel="noreferrer">API docs</a>',
            sizing_mode=None,
        )
        return [stop, restart, watch, docs]

    def _change(self, how: Any, saying: str) -> None:
        self.detail.show(ui.card("", ui.loading(saying, 120)))
        in_background(how, lambda _: self._again(), self._not_changed)

    def _not_changed(self, error: Any) -> None:
        self.detail.show(ui.card("", ui.failed(error.sentence, error.hint, self._again)))

    def _secret(self, found: Looked) -> list[Any]:
        shown = ui.code("•" * 24)
        reveal = ui.button("Reveal", None, icon="visibility", size="small", variant="text")

        def toggle(_: Any) -> None:
            hidden = reveal.label == "Reveal"
            shown.object = ui.code(found.token if hidden else "•" * 24).object
            reveal.label = "Hide" if hidden else "Reveal"

        reveal.on_click(toggle)
        copy = ui.button(
            "Copy",
            lambda: self.visit.copy(found.token, "Token"),
            icon="content_copy",
            size="small",
            variant="text",
        )
        curl = (
            f"curl {found.endpoint.url}/predict -H 'Authorization: Bearer <token>' "
            "-H 'Content-Type: application/json' -d @sample.json"
        )
        return [
            ui.row(
                ui.text("Token", "part", sizing_mode=None),
                ui.row(reveal, copy, sizing_mode=None, gap=0),
                justify_content="space-between",
            ),
            shown,
            ui.text("A call", "part"),
            ui.code(curl),
        ]

    # trying it -----------------------------------------------------------------------------

    def _form(self, found: Looked) -> Any:
        if found.signature is None:
            return ui.card("Try it", ui.empty("Its bundle is gone.", found.endpoint.record.bundle))
        signature = found.signature
        inputs = {f.name: _input(f, found.sample.get(f.name)) for f in signature.inputs}
        answer = ui.column()
        go = ui.button(
            "Predict",
            None,
            icon="play_arrow",
            variant="contained",
            disabled=not found.endpoint.record.alive,
        )

        def ask(_: Any) -> None:
            texts = {name: str(box.value or "") for name, box in inputs.items()}
            answer[:] = [ui.loading("Asking", 20)]
            in_background(
                lambda: self.model.ask(texts, signature),
                lambda said: answer.__setitem__(slice(None), [_answer(said)]),
                lambda e: answer.__setitem__(slice(None), [ui.failed(e.sentence, e.hint)]),
            )

        go.on_click(ask)
        fields = ui.grid(*((box, 6) for box in inputs.values()))
        sub = "A row of the bundle's sample; an empty field is a missing value"
        return ui.card("Try it", ui.row(go), answer, fields, sub=sub)


def _row(endpoint: Endpoint) -> list[Any]:
    record = endpoint.record
    since = record.stopped if record.state == "stopped" else record.started
    return [
        record.name,
        ui.cell(record.state, tone=TONES.get(record.state, "")),
        record.url if record.alive else words.NOTHING,
        words.ago(since),
    ]


def _input(field: Field, value: Any) -> Any:
    """A field of the form: a choice where training saw few categories, else a text."""
    text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    if field.kind == "category" and 0 < len(field.categories) <= 60:
        options = ["", *dict.fromkeys([*field.categories, *([text] if text else [])])]
        return ui.select(field.name, options, text, margin=(4, 6))
    return pmui.TextInput(
        label=field.name, value=text, size="small", sizing_mode="stretch_width", margin=(4, 6)
    )


def _answer(said: Mapping[str, Any]) -> Any:
    """The answer to one row in words, with the probability of each class."""
    prediction = said["predictions"][0]
    chances = (said.get("probabilities") or [None])[0]
    if not chances:
        shown = prediction if isinstance(prediction, str) else words.number(prediction)
        return ui.banner(str(shown), "good", "predicted value")
    classes = [str(c) for c in said.get("classes", [])]
    rows = [
        [name, ui.cell(words.percent(p), bar=p)] for name, p in zip(classes, chances, strict=False)
    ]
    heads = [ui.Head("class", "Class"), ui.Head("p", "Probability", align="right")]
    return ui.column(
        ui.banner(str(prediction), "good", "predicted class"),
        ui.table(heads, rows, label="Probabilities"),
        gap=8,
    )
