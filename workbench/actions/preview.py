"""Preview: how a source would be read, before anything is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.actions.context import Context
from workbench.actions.import_data import from_catalogue
from workbench.core.errors import UsageError
from workbench.core.preview import Preview
from workbench.data import catalogue, preview
from workbench.data.address import is_database


def of(
    context: Context, source: Any, options: Mapping[str, Any] | None = None, rows: int = 50
) -> Preview:
    """The columns and first rows of what :mod:`~workbench.actions.import_data` takes.

    Raises
    ------
    DataError
        The source holds no usable table.
    UsageError
        There is no such source, or an option is wrong.
    """
    if not from_catalogue(source):
        return preview.preview(source, options, rows)
    if options:
        raise UsageError(
            f"The catalogue knows how {source!r} is read.", "Leave the reading options out."
        )
    fetched = catalogue.fetch(source, cache=context.settings.data_cache)
    seen = preview.preview(fetched.imported.table, rows=rows)
    return replace(
        seen,
        source=source,
        found={"reader": "catalogue"},
        columns=tuple(replace(c, role=_role(fetched.hints, c.name)) for c in seen.columns),
    )


def at_hand(context: Context, name: str) -> bool:
    """Whether a data set of the catalogue can be read without a network."""
    return catalogue.at_hand(name, context.settings.data_cache)


def tables(url: str) -> list[str]:
    """The tables and views of a database.

    Raises
    ------
    UsageError
        The address is none of a database.
    DataError
        The database cannot be reached or does not let us in.
    """
    if not is_database(url):
        raise UsageError(
            "This is no address of a database.",
            "For example: postgresql://user:password@host:5432/shop, or sqlite:///shop.db.",
        )
    from workbench.data.readers import sql  # only who reads a database loads the library for it

    return sql.tables(url)


def _role(hints: Mapping[str, Any], name: str) -> str:
    sensitive: Sequence[str] = hints.get("sensitive") or ()
    if name == hints.get("target"):
        return "target"
    return "sensitive" if name in sensitive else str(hints.get("roles", {}).get(name, ""))
