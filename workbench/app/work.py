"""Blocking calls, off the event loop: a spinner meanwhile, the result or one sentence after."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import panel as pn
from panel.io.state import set_curdoc

from workbench.app import ui
from workbench.core.errors import WorkbenchError

log = logging.getLogger("workbench.app")
POOL = ThreadPoolExecutor(4, thread_name_prefix="workbench-app")
T = TypeVar("T")


def in_background(
    function: Callable[[], T],
    then: Callable[[T], None],
    failed: Callable[[WorkbenchError], None],
) -> None:
    """Run ``function`` in a thread; ``then`` or ``failed`` follow on the session's own turn.

    Without a session (in unit tests) everything runs here and now.
    """
    document = pn.state.curdoc
    if document is None:
        _deliver(then, failed, *_attempt(function))
        return

    def hand_over(future: Future[tuple[Any, WorkbenchError | None]]) -> None:
        if not _gone(document):
            document.add_next_tick_callback(
                partial(_turn, document, then, failed, *future.result())
            )

    POOL.submit(_attempt, function).add_done_callback(hand_over)


def _attempt(function: Callable[[], Any]) -> tuple[Any, WorkbenchError | None]:
    try:
        return function(), None
    except WorkbenchError as error:
        return None, error
    except Exception as error:
        log.exception("a page's request failed")
        sentence = f"Something went wrong: {type(error).__name__}: {error}"
        return None, WorkbenchError(sentence[:400], "The app's log has the details.")


def _gone(document: Any) -> bool:
    """Whether the browser's session has ended."""
    return document.session_context is None or document.session_context.destroyed


def _turn(document: Any, *args: Any) -> None:
    if _gone(document):
        return
    with set_curdoc(document):
        _deliver(*args)


def _deliver(
    then: Callable[[Any], None],
    failed: Callable[[WorkbenchError], None],
    value: Any,
    error: WorkbenchError | None,
) -> None:
    if error is not None:
        failed(error)
    else:
        then(value)


class Latest:
    """Questions of which the newest alone matters, as a slider asks them.

    One is answered at a time, off the loop; of those that come meanwhile all but the last are
    dropped.
    """

    def __init__(
        self, then: Callable[[Any], None], failed: Callable[[WorkbenchError], None]
    ) -> None:
        self._then, self._failed = then, failed
        self._busy = False
        self._next: Callable[[], Any] | None = None

    def ask(self, question: Callable[[], Any]) -> None:
        """Answer ``question`` now, or as soon as the one under way is answered."""
        if self._busy:
            self._next = question
            return
        self._busy = True
        in_background(question, partial(self._came, self._then), partial(self._came, self._failed))

    def _came(self, told: Callable[[Any], None], what: Any) -> None:
        self._busy = False
        question, self._next = self._next, None
        told(what)
        if question is not None:
            self.ask(question)


class Slot:
    """A place on a page that is filled by a blocking call.

    It shows what is being done, then what came, or the sentence that says why not. A newer
    filling supersedes an older one that is still on its way. ``carded`` places stand on the bare
    page: their states come in a card.
    """

    def __init__(self, high: int = 160, carded: bool = False, **options: Any) -> None:
        # not the Material one: it loses the second of two quick changes of its parts
        self.view = pn.Column(sizing_mode="stretch_width", margin=0, **options)
        self._high = high
        self._carded = carded
        self._turn = 0
        self.filled = False

    def show(self, *parts: Any) -> None:
        """Put ``parts`` here, whatever is on its way."""
        self._turn += 1
        self._put(*parts)

    def _put(self, *parts: Any) -> None:
        self.view.styles = {"opacity": "1"}
        self.view[:] = list(parts)
        self.filled = bool(parts)

    def _draw(self, draw: Callable[[Any], Any], value: Any) -> None:
        try:
            self._put(draw(value))
        except Exception as error:  # the rim: a picture that fails must not leave a spinner
            log.exception("a result cannot be shown")
            self._put(self._framed(ui.failed(f"The result cannot be shown: {error}"[:300])))

    def _framed(self, part: Any) -> Any:
        """``part`` as this place shows its states: in a card of its own where the place is bare."""
        return ui.frame(part) if self._carded else part

    def fill(
        self,
        function: Callable[[], Any],
        draw: Callable[[Any], Any],
        waiting: str = "Reading",
        keep: bool = True,
    ) -> None:
        """Call ``function`` off the loop and show what ``draw`` makes of its result.

        With ``keep`` the old picture stays, paler, until the new one is there.
        """
        self._turn += 1
        turn = self._turn
        if self.filled and keep:
            self.view.styles = {"opacity": "0.55"}
        else:
            self._put(self._framed(ui.loading(waiting, self._high)))

        def then(value: Any) -> None:
            if turn == self._turn:
                self._draw(draw, value)

        def failed(error: WorkbenchError) -> None:
            if turn == self._turn:
                again = partial(self.fill, function, draw, waiting, False)
                self._put(self._framed(ui.failed(error.sentence, error.hint, again)))

        in_background(function, then, failed)
