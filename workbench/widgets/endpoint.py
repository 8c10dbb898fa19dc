"""An endpoint to be asked by hand: a row, its answer, and how long that took."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from workbench.objects import Endpoint
from workbench.views import words
from workbench.views.fields import asked as field
from workbench.views.fields import put, value
from workbench.widgets.live import Live
from workbench.widgets.look import script

KEPT = 40  # answers whose time is shown


class EndpointWidget(Live):
    """A row of the bundle's sample, whose values a person may change before it is sent.

    Parameters
    ----------
    endpoint
        It is asked over HTTP, as any client does; its log and monitor count these rows, too.
    """

    _esm = script("endpoint")

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.signature = endpoint.bundle.manifest.signature
        first = endpoint.bundle.sample()[0]
        self.values: dict[str, Any] = {n: first.get(n) for n in self.signature.names}
        self.answer: dict[str, Any] = {}
        self.times: list[float] = []  # milliseconds
        super().__init__()
        self.draw()

    def send(self, **values: Any) -> dict[str, Any]:
        """Ask the endpoint about the row, with some values changed.

        Raises
        ------
        NotFound
            The model has no such input.
        DataError
            The endpoint refused the row.
        JobError
            It cannot be reached.
        """
        for name in values:
            _ = self.signature[name]
        self.values |= values
        self._call()
        self.draw()
        return self.answer

    def hear(self, asked: Mapping[str, Any]) -> None:
        """``values``: what some fields say now; ``send``: ask."""
        given = asked.get("values") or {}
        self.values |= {name: value(self.signature[name], v) for name, v in given.items()}
        if asked.get("send"):
            self._call()

    def _call(self) -> None:
        self.answer = {}
        begun = time.perf_counter()
        found = self.endpoint.predict([self.values])
        self.times = [*self.times, 1000 * (time.perf_counter() - begun)][-KEPT:]
        self.answer = found

    def drawn(self) -> dict[str, Any]:
        record = self.endpoint.refresh().record
        took = f"{self.times[-1]:.1f} ms, there and back" if self.answer else ""
        return {
            "title": f"{record.name} · {record.state}",
            "said": f"At {record.url}; the row is checked and encoded as in training.",
            "fields": [field(item) for item in self.signature.inputs],
            "values": {i.name: put(i, self.values[i.name]) for i in self.signature.inputs},
            "answer": self._said(),
            "took": took,
            "scores": self._scores(),
            "across": "answers",
            "curves": [{"name": "ms", "points": [[n + 1, t] for n, t in enumerate(self.times)]}],
        }

    def _said(self) -> str:
        if not self.answer:
            return ""
        (said,) = self.answer["predictions"]
        shown = words.number(said) if isinstance(said, float) else str(said)
        return f"{self.signature.target}: {shown}"

    def _scores(self) -> dict[str, Any] | None:
        rows = self.answer.get("probabilities")
        if not rows:
            return None
        found = rows[0]
        named = found.items() if isinstance(found, Mapping) else zip(
            self.signature.classes, found, strict=False
        )  # fmt: skip
        items = [
            {"name": str(name), "from": 0, "to": share, "text": words.percent(share)}
            for name, share in named
        ]
        return {"items": items, "low": 0, "high": 1}
