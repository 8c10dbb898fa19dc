"""What the scores of cross-validation's folds say: errors, a test, and chances.

Training parts of different folds share rows, so the folds' scores are not independent, and a
plain t-test finds far too many differences. Nadeau and Bengio, "Inference for the generalization
error" (2003), add the share of held-out to training rows to the variance; Corani and Benavoli,
"A Bayesian approach for comparing cross-validated algorithms on multiple data sets" (2015), give
the posterior that belongs to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2
from scipy.stats import t as student

from workbench.measures.intervals import LEVEL, Interval


def corrected_error(values: ArrayLike, ratio: float) -> float | None:
    """The standard error of the mean of J scores: sqrt((1/J + ratio) * their variance).

    Parameters
    ----------
    values
        (J,) scores, or differences of two models on the same folds.
    ratio
        Held-out rows over training rows: 1/(k-1) for k folds.
    """
    found = np.asarray(values, dtype=np.float64)
    if len(found) < 2:
        return None
    return float(np.sqrt((1 / len(found) + ratio) * found.var(ddof=1)))


def corrected_interval(values: ArrayLike, ratio: float, level: float = LEVEL) -> Interval:
    """The mean, and the ends of its interval by Student's t with J - 1 degrees of freedom."""
    found = np.asarray(values, dtype=np.float64)
    error = corrected_error(found, ratio)
    mean = float(found.mean()) if len(found) else None
    if mean is None or error is None:
        return Interval(mean, None, None)
    half = float(student.ppf((1 + level) / 2, len(found) - 1)) * error
    return Interval(mean, mean - half, mean + half)


@dataclass(frozen=True)
class CorrectedTest:
    """The corrected resampled t-test of two models on the same folds."""

    statistic: float
    freedom: int
    p: float


def corrected_test(differences: ArrayLike, ratio: float) -> CorrectedTest | None:
    """Whether the mean difference is zero; two-sided. None for one fold."""
    found = np.asarray(differences, dtype=np.float64)
    error = corrected_error(found, ratio)
    if error is None:
        return None
    mean = float(found.mean())
    if error == 0:
        same = mean == 0
        return CorrectedTest(0.0 if same else float(np.copysign(np.inf, mean)), len(found) - 1,
                             1.0 if same else 0.0)  # fmt: skip
    statistic = mean / error
    freedom = len(found) - 1
    return CorrectedTest(statistic, freedom, float(2 * student.sf(abs(statistic), freedom)))


@dataclass(frozen=True)
class Chances:
    """How likely it is that a difference lies below, within and above a region around zero."""

    below: float
    within: float
    above: float


def correlated_chances(differences: ArrayLike, ratio: float, rope: float) -> Chances | None:
    """The posterior chances of the Bayesian correlated t-test. None for one fold.

    The posterior of the mean difference is Student's t with J - 1 degrees of freedom around the
    mean of the differences, its scale the :func:`corrected_error`: the correlation of two folds'
    scores is taken to be the share of rows held out, rho, and ``ratio`` is rho / (1 - rho).

    Parameters
    ----------
    rope
        Half the width of the region of practical equivalence, in the metric's own units.
    """
    found = np.asarray(differences, dtype=np.float64)
    scale = corrected_error(found, ratio)
    if scale is None:
        return None
    mean = float(found.mean())
    if scale == 0:
        below, above = float(mean < -rope), float(mean > rope)
    else:
        below = float(student.cdf((-rope - mean) / scale, len(found) - 1))
        above = float(student.sf((rope - mean) / scale, len(found) - 1))
    return Chances(below, max(0.0, 1 - below - above), above)


def sampled_chances(draws: ArrayLike, rope: float) -> Chances | None:
    """The same from draws of a difference, such as a paired bootstrap's; None without any."""
    found = np.asarray(draws, dtype=np.float64)
    found = found[np.isfinite(found)]
    if not len(found):
        return None
    below, above = float((found < -rope).mean()), float((found > rope).mean())
    return Chances(below, max(0.0, 1 - below - above), above)


def uneven(values: ArrayLike, errors: ArrayLike) -> float | None:
    """The p-value of Cochran's Q: whether scores differ more than their own errors explain.

    Parameters
    ----------
    values, errors
        (J,) scores of disjoint rows, and their standard errors; None where an error is zero.
    """
    found, spread = np.asarray(values, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if len(found) < 2 or not (spread > 0).all():
        return None
    weight = spread**-2
    mean = (weight * found).sum() / weight.sum()
    return float(chi2.sf((weight * (found - mean) ** 2).sum(), len(found) - 1))
