"""One kind of seam for all: a name, and the address of the thing that answers to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

from workbench.core.errors import MissingExtra, NotFound, WorkbenchError

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
        self._guests: set[str] = set()
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
        WorkbenchError
            It is a guest, or a library behind it, that fails when it is imported.
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
        except WorkbenchError:
            raise
        except Exception as error:  # whatever a stranger's module does: the others go on
            if isinstance(error, ModuleNotFoundError) and name not in self._guests:
                if (error.name or "").partition(".")[0] == "workbench":
                    raise
                extra = self._extras.get(name, self.extra)
                raise MissingExtra(f"The {self.seam} {name!r}", extra) from error
            said = str(error).strip().partition("\n")[0].rstrip(".")
            raise WorkbenchError(
                f"The {self.seam} {name!r} cannot be loaded from {module!r}:"
                f" {type(error).__name__}: {said}.",
                "Mend or uninstall the package that it comes from.",
            ) from error

    def _meet_guests(self) -> None:
        if self._guests_known:
            return
        self._guests_known = True
        for point in entry_points(group=f"workbench.{self.seam}"):
            if point.name not in self._addresses:
                self._addresses[point.name] = point.value
                self._guests.add(point.name)
