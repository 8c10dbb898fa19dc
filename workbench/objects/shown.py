"""What a notebook shows of an object: never a trace, whatever has happened to its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from workbench.core.errors import WorkbenchError
from workbench.views import shelves

T = TypeVar("T")


class Shown:
    """Something with an ``_html``; where that cannot be told any more, a sentence says why."""

    def _html(self) -> str:
        raise NotImplementedError

    def _repr_html_(self) -> str:
        try:
            return self._html()
        except WorkbenchError as error:
            return shelves.failed(error.sentence, error.hint)
        except OSError as error:
            return shelves.failed(
                f"It is not there any more: {error.filename or error.strerror}.",
                "Was the workspace or the bundle moved or deleted?",
            )


class Listed(Shown, list[T], Generic[T]):
    """A list that notebooks show as a table."""

    def __init__(self, items: Iterable[T], view: Callable[[list[T]], str]) -> None:
        super().__init__(items)
        self._view = view

    def _html(self) -> str:
        return self._view(self)
