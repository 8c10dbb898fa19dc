"""Numbers, spans of time and names, as people read them: three digits, thousands with k."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.jobs.machine import Gpu, Load

NOTHING = "–"


def number(value: Any) -> str:
    """Three significant digits: ``0.927``, ``38.6``, ``398k``; whole numbers below 10,000 whole."""
    if value is None or isinstance(value, str) or not math.isfinite(value):
        return NOTHING if value is None or not isinstance(value, str) else value
    if isinstance(value, bool):
        return "yes" if value else "no"
    size = abs(value)
    if float(value).is_integer() and size < 10_000:
        return f"{int(value):,}".replace("-", "−")
    for unit, name in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if size >= unit * (10 if name == "k" and size < 1e4 else 0.9995):
            return _digits(value / unit) + name
    if 0 < size < 0.0005:
        return f"{value:.1e}".replace("e-0", "e-").replace("-", "−")
    return _digits(value)


def _digits(value: float) -> str:
    size = abs(value)
    places = 3 if size < 0.9995 else 2 if size < 9.995 else 1 if size < 99.95 else 0
    return f"{value:,.{places}f}".replace("-", "−")


def cell(value: Any) -> str:
    """A value of a table of data: numbers as people read them, anything else as it is."""
    if value is None:
        return "missing"
    return number(value) if isinstance(value, (int, float)) else str(value)


def count(value: Any) -> str:
    """A whole number with thousands separated."""
    return NOTHING if value is None else f"{int(value):,}"


def percent(value: Any) -> str:
    """A share as percent: ``19.8%``."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{100 * value:.1f}%".replace("-", "−")


def p_value(value: Any) -> str:
    """``0.031``; ``under 0.001``, beyond which nobody asks."""
    return "under 0.001" if value is not None and value < 0.001 else number(value)


def points(value: Any) -> str:
    """A difference of shares in percentage points: ``18.3 pp``."""
    return NOTHING if value is None else f"{100 * value:.1f} pp".replace("-", "−")


def interval(low: Any, high: Any) -> str:
    """``0.924 to 0.931``; empty when there is none."""
    return "" if low is None or high is None else f"{number(low)} to {number(high)}"


def load(machine: Load) -> str:
    """How busy the machine is, in a line."""
    parts = [
        f"Processor {machine.busy:.0f}% of {machine.cores} cores",
        f"memory {size(machine.used)} of {size(machine.memory)}",
        *map(gpu, machine.gpus),
    ]
    return " · ".join(parts)


def gpu(one: Gpu) -> str:
    """How busy a GPU is."""
    return f"{one.name} {one.busy}% busy, {size(one.used)} of {size(one.memory)}"


def size(number_of_bytes: float) -> str:
    """``14 bytes``, ``3.2 kB``, ``1.2 MB``, ``5.0 GB``."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if number_of_bytes >= unit:
            return f"{number_of_bytes / unit:.1f} {name}"
    return plural(int(number_of_bytes), "byte")


def came(result: Mapping[str, Any]) -> str:
    """What a stage of a pipeline came to."""
    name = next((n for n in ("bundle", "best", "model", "dataset", "run") if n in result), "")
    said = str(result.get(name, ""))
    return said[:8] if name in ("best", "run") else said


def duration(seconds: Any) -> str:
    """``0.4 s``, ``12 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds is None:
        return NOTHING
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def ago(moment: dt.datetime | None, now: dt.datetime | None = None) -> str:
    """``just now``, ``5 min ago``, ``yesterday 14:03``, ``3 May 2026``."""
    if moment is None:
        return NOTHING
    now = now or dt.datetime.now(dt.UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    past = (now - moment).total_seconds()
    if past < 45:
        return "just now"
    if past < 3600:
        return f"{round(past / 60)} min ago"
    local, today = moment.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"today {local:%H:%M}"
    if (today.date() - local.date()).days == 1:
        return f"yesterday {local:%H:%M}"
    return f"{local.day} {local:%b %Y}"


def plural(number_of: int, one: str, many: str = "") -> str:
    """``1 row``, ``16,281 rows``."""
    return f"{number_of:,} {one if number_of == 1 else many or one + 's'}"


FAMILIES = {
    "dummy": "Baseline",
    "logistic": "Logistic",
    "ridge": "Ridge",
    "elastic": "Elastic net",
    "bayes": "Naive Bayes",
    "neighbors": "Nearest neighbours",
    "svm": "SVM",
    "forest": "Random forest",
    "extratrees": "Extra trees",
    "histboost": "Histogram boosting",
    "lightgbm": "LightGBM",
    "xgboost": "XGBoost",
    "catboost": "CatBoost",
    "ebm": "Explainable boosting",
    "network": "Network",
    "tabm": "TabM",
    "blend": "Blend",
    "stack": "Stack",
    "calibrated": "Calibrated",
    "costly": "Cost-sensitive",
    "adopted": "From outside",
}


def family(name: str) -> str:
    """The name of a model family as titles print it."""
    return FAMILIES.get(name, name)


def capital(text: str) -> str:
    """A text with its first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def spoken(name: str) -> str:
    """A code as words: ``true_positive_rate`` becomes ``true positive rate``."""
    return name.replace("_", " ").replace("-", " ")


METRICS = {
    "roc_auc": "AUC",
    "f1": "F1",
    "r2": "R²",
    "rmse": "RMSE",
    "mae": "mean absolute error",
    "medae": "median absolute error",
    "ece": "calibration error",
    "brier": "Brier score",
    "mcc": "MCC",
    "kappa": "Cohen's kappa",
    "lift": "lift at 10%",
    "mape": "mean percentage error",
    "rmsle": "RMS log error",
    "poisson": "Poisson deviance",
    "f1_weighted": "weighted F1",
    "pinball_10": "quantile loss at 10%",
    "pinball_90": "quantile loss at 90%",
    "tpr": "true positive rate",
    "fpr": "false positive rate",
}


METHODS = {
    "ale": "ALE",
    "pdp": "partial dependence",
    "wasserstein": "Wasserstein distance",
    "jensenshannon": "Jensen-Shannon distance",
    "psi": "population stability index",
    "ks": "Kolmogorov-Smirnov p-value",
    "chisquare": "chi-square p-value",
    "z": "z-test p-value",
}


def method(name: str) -> str:
    """The name of a measure of drift as axes print it."""
    return METHODS.get(name, spoken(name))


def metric(name: str) -> str:
    """The name of a metric inside a sentence."""
    return METRICS.get(name, spoken(name))
