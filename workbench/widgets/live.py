"""What live widgets share: a view goes out, questions come in, what is wrong is a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from workbench.core.errors import WorkbenchError
from workbench.widgets.look import style


class Live(anywidget.AnyWidget):
    """A widget that shows ``view`` and hears what its front end has ``asked``.

    A question is a mapping with a ``stamp``, so that the same one twice is a change; the stamp
    comes back in ``answered``, in one message with the new view. What is wrong with a question is
    one sentence in ``problem``; the view stays as it was.
    """

    _css = style("live")

    view = traitlets.Dict().tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)
    asked = traitlets.Dict().tag(sync=True)
    answered = traitlets.Float().tag(sync=True)

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.observe(self._heard, "asked")

    def hear(self, asked: Mapping[str, Any]) -> None:
        """Take up a question; the view is drawn again afterwards."""
        raise NotImplementedError

    def drawn(self) -> dict[str, Any]:
        """What is to be seen now, as plain values."""
        raise NotImplementedError

    def draw(self, problem: str = "", stamp: float | None = None) -> None:
        """Send what is to be seen, in one message."""
        found = self.drawn()
        with self.hold_sync():
            self.view = found
            self.problem = problem
            if stamp is not None:
                self.answered = stamp

    def _heard(self, change: Mapping[str, Any]) -> None:
        asked = dict(change["new"])
        given = asked.pop("stamp", 0.0)
        stamp = float(given) if isinstance(given, (int, float)) else 0.0
        with self.hold_sync():
            problem = _wrong(lambda: self.hear(asked))
            undrawn = _wrong(lambda: self.draw(problem, stamp))
            if undrawn:  # the page asks no more until it is answered
                self.problem, self.answered = undrawn, stamp

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.view.get('title', '')}>"


def _wrong(act: Callable[[], None]) -> str:
    """What went wrong, in a sentence; empty where nothing did."""
    try:
        act()
    except WorkbenchError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - the rim: a widget has nowhere else to say it
        return f"Something failed inside: {type(error).__name__}: {error}"
    return ""
