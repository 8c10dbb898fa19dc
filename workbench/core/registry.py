"""One kind of seam for all: a name, and the address of the thing that answers to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

from workbench.core.errors import MissingExtra, NotFound

T = TypeVar("T")


class Registry(Generic[T]):
    """Names of one seam, each with the text address ``module:attribute`` of its answer.

    Addresses are opened when asked, so a heavy library loads with the first use of its leaf.
    Guests join through entry points in the group ``workbench.<seam>``.

    Parameters
    ----------
    seam
        Name of the seam in the singular, as errors print it: ``"family"``.
    extra
        The pip extra that brings what the built-in answers need.
    extras
        The pip extra of those that need another one, by name.
    """

    def __init__(
        self,
        seam: str,
        builtin: dict[str, str],
        extra: str = "ml",
        extras: Mapping[str, str] | None = None,
    ) -> None:
        self.seam = seam
        self.extra = extra
        self._extras = dict(extras or {})
        self._addresses: dict[str, str | T] = dict(builtin)
        self._guests_known = False

    def add(self, name: str, answer: str | T) -> None:
        """Register an address or the object itself."""
        self._addresses[name] = answer

    def drop(self, name: str) -> None:
        """Forget an answer."""
        self._addresses.pop(name, None)

    def names(self) -> list[str]:
        """All names, built-ins first, guests after."""
        self._meet_guests()
        return list(self._addresses)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def get(self, name: str) -> T:
        """The answer called ``name``.

        Raises
        ------
        NotFound
            No such name; the near ones are offered.
        MissingExtra
            Its library is not installed.
        """
        if name not in self.names():
            raise NotFound.among(self.seam, name, self.names())
        answer = self._addresses[name]
        if isinstance(answer, str):
            answer = self._addresses[name] = self._open(name, answer)
        return answer

    def _open(self, name: str, address: str) -> Any:
        module, _, attribute = address.partition(":")
        try:
            return getattr(import_module(module), attribute)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("workbench"):
                raise
            extra = self._extras.get(name, self.extra)
            raise MissingExtra(f"The {self.seam} {name!r}", extra) from error

    def _meet_guests(self) -> None:
        if self._guests_known:
            return
        self._guests_known = True
        for point in entry_points(group=f"workbench.{self.seam}"):
            self._addresses.setdefault(point.name, point.value)
