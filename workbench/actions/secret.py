"""Secrets in the parameters of a job: the ledger keeps the parameters without them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core.errors import UsageError
from workbench.data.address import STARS, is_database, masked


def parted(params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters as they may be shown and kept, and those that hold a password."""
    secret = {
        name: value
        for name, value in params.items()
        if is_database(value) and masked(value) != value
    }
    return {**params, **{name: masked(value) for name, value in secret.items()}}, secret


def whole(params: Mapping[str, Any], secret: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with what was handed over.

    Raises
    ------
    UsageError
        A password is needed and was not handed over: the machine was started anew, say.
    """
    found = {**params, **secret}
    for value in found.values():
        if is_database(value) and STARS in value and masked(value) == value:
            raise UsageError(
                f"The password of {value} is known no more.", "Ask for the import again."
            )
    return found
