"""Rows that repeat others, and whether the split keeps them together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.core.report import Finding, Severity
from workbench.data import remedies
from workbench.data.divided import Divided
from workbench.data.fingerprints import Fingerprints, repeated


@dataclass(frozen=True)
class Repeats:
    """Rows that repeat an earlier one, exactly or but for identifiers, spelling and last digits.

    ``apart`` and ``nearly_apart`` are test rows whose twin is in train.
    """

    exact: int = 0
    apart: int = 0
    alike: int = 0
    nearly_apart: int = 0


def repeats_of(prints: Fingerprints, divided: Divided | None, identified: bool) -> Repeats:
    """What the hashes say.

    Parameters
    ----------
    identified
        All columns are identifiers: rows cannot be alike but for them.
    """
    exact, twice = repeated(prints.cells)
    apart = divided.straddling(prints.cells, twice) if divided else 0
    if identified:
        return Repeats(exact, apart)
    nearly, twice = repeated(prints.alike)
    alike = max(0, nearly - exact)
    nearly_apart = divided.straddling(prints.alike, twice) if divided and alike else 0
    return Repeats(exact, apart, alike, nearly_apart)


def concerns_of(repeats: Repeats, rows: int, divided: Divided | None) -> Iterator[Finding]:
    """What is worth knowing about them."""
    if repeats.exact:
        share = repeats.exact / rows
        many = "row repeats" if repeats.exact == 1 else "rows repeat"
        says = f"{repeats.exact:,} {many} an earlier one in every column ({share:.1%})"
        yield _twins("duplicate-rows", says, (repeats.exact, repeats.apart), rows, divided)
    if repeats.alike:
        many = "1 row is" if repeats.alike == 1 else f"{repeats.alike:,} rows are"
        says = (
            f"{many} nearly the same as an earlier one: they differ in identifiers, in upper and "
            "lower case, in blanks, or in the last digits of a number"
        )
        found = repeats.alike, repeats.nearly_apart
        yield _twins("near-duplicate-rows", says, found, rows, divided)


def _twins(
    code: str, says: str, found: tuple[int, int], rows: int, divided: Divided | None
) -> Finding:
    """Harmless where no test row has a twin to learn from; they stay in the table all the same."""
    count, apart = found
    severity: Severity = "warning" if count > 0.01 * rows else "info"
    if divided is None:
        sentence = f"{says}; a random split may put twins into train and test."
        return Finding(code, severity, sentence, {"rows": count})
    evidence = {"rows": count, "apart": apart}
    if not apart:
        return Finding(code, "info", f"{says}; no test row has a twin in train.", evidence)
    many = "1 test row has a twin" if apart == 1 else f"{apart:,} test rows have twins"
    remedy = remedies.together(divided.together)
    return Finding(code, severity, f"{says}; {many} in train.", evidence, remedy=remedy)
