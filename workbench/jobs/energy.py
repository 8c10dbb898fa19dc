"""What a piece of work draws from the mains, by codecarbon, offline."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import MissingExtra, UsageError

log = logging.getLogger("workbench.energy")
WATT_HOURS = 1000.0  # in a kilowatt hour
MEASURED = ("intel_rapl", "windows_emi", "intel_power_gadget", "apple_powermetrics", "powermetrics")
EVERY = 5  # seconds between two looks at the counters


@dataclass
class Energy:
    """Watt hours of processor, memory and GPUs, all of the machine's while the work went on.

    ``how`` says whether the processor's own counter was read or its draw was estimated from how
    busy it was; memory is always an estimate from its size. ``grams`` of CO2 are told where the
    country is known, from its average mix of 2023 or so (codecarbon's own table).
    """

    total: float = 0.0
    processor: float = 0.0
    memory: float = 0.0
    gpu: float = 0.0
    how: str = ""
    grams: float | None = None

    def facts(self) -> dict[str, float | str]:
        """As a run keeps it; nothing where nothing was metered."""
        if not self.how:
            return {}
        grams = {} if self.grams is None else {"co2_g": round(self.grams, 4)}
        return {"energy_wh": round(self.total, 5), "energy_how": self.how, **grams}


@contextmanager
def metered(wanted: bool, country: str = "") -> Iterator[Energy]:
    """Meter what happens inside; the energy is filled in at the end.

    Parameters
    ----------
    wanted
        Nothing is metered, and codecarbon not even imported, without it.
    country
        Three letters (ISO 3166), for the grams of CO2.

    Raises
    ------
    MissingExtra
        codecarbon is not installed.
    UsageError
        There is no such country: codecarbon would take the world's mean without a word.
    """
    found = Energy()
    if not wanted:
        yield found
        return
    tracker = _tracker(country)
    tracker.start()
    try:
        yield found
    finally:
        try:
            grams = tracker.stop()
            _read(found, tracker, grams if country else None)
        except Exception:  # a meter that fails must not cost the work that it metered
            log.exception("the energy could not be read")


def _tracker(country: str) -> Any:
    try:
        import pycountry  # codecarbon brings it
        from codecarbon import OfflineEmissionsTracker
    except ImportError as error:
        raise MissingExtra("codecarbon", "energy") from error
    if country and pycountry.countries.get(alpha_3=country) is None:
        raise UsageError(
            f"energy.country: {country!r} is no country.", "Use the three letters of ISO 3166: FRA."
        )
    return OfflineEmissionsTracker(
        country_iso_code=country or "USA",  # one has to be named; grams are told for a known one
        save_to_file=False,
        log_level="error",
        measure_power_secs=EVERY,
        allow_multiple_runs=True,
    )


def _read(found: Energy, tracker: Any, grams: float | None) -> None:
    data = tracker.final_emissions_data
    modes = {str(getattr(part, "_mode", "")) for part in getattr(tracker, "_hardware", ())}
    found.total = float(data.energy_consumed) * WATT_HOURS
    found.processor = float(data.cpu_energy) * WATT_HOURS
    found.memory = float(data.ram_energy) * WATT_HOURS
    found.gpu = float(data.gpu_energy) * WATT_HOURS
    found.how = "measured" if modes & set(MEASURED) else "estimated from the processor's load"
    found.grams = None if grams is None else 1000.0 * float(grams)
