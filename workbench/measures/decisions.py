"""Metrics of decided classes, from three counts of each class: hit, true, and said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.measures.sample import PIECE, Codes, Floats, Sample, pieces, ratio

FEW = 12  # classes whose pairs are counted at once


@dataclass(frozen=True, eq=False)
class Margins:
    """Weighted rows of each class, all of shape ``(draws, classes)``."""

    hits: Floats  # true and said
    actual: Floats
    said: Floats

    @classmethod
    def of(cls, sample: Sample, weights: Floats) -> Margins:
        """The counts under each row of weights, shape ``(draws, rows)``."""
        return cls(
            weights @ (sample.is_class * sample.says_class),
            weights @ sample.is_class,
            weights @ sample.says_class,
        )

    @classmethod
    def by_block(cls, sample: Sample, block: NDArray[np.uint16], blocks: int) -> Margins:
        """The counts of each block of rows."""
        cells = blocks * sample.classes ** (2 if sample.classes <= FEW else 1)
        found = np.zeros((3, blocks, sample.classes))
        for rows in pieces(len(block), max(PIECE, cells)):
            part = cls._counted(sample.part(rows), block[rows].astype(np.int64), blocks)
            for column, counts in enumerate(part.columns):
                found[column] += counts
        return cls(*found)

    @classmethod
    def _counted(cls, sample: Sample, block: Codes, blocks: int) -> Margins:
        classes = sample.classes
        truth, said = sample.truth.astype(np.int64), sample.predicted.astype(np.int64)
        if classes <= FEW:  # one count of all pairs
            cells = np.bincount(
                (block * classes + truth) * classes + said, minlength=blocks * classes**2
            )
            pairs = cells.reshape(blocks, classes, classes).astype(np.float64)
            hits = np.diagonal(pairs, axis1=1, axis2=2)
            return cls(hits, pairs.sum(axis=2), pairs.sum(axis=1))

        def count(codes: np.ndarray, weights: np.ndarray | None = None) -> Floats:
            found = np.bincount(block * classes + codes, weights, minlength=blocks * classes)
            return found.reshape(blocks, classes).astype(np.float64)

        return cls(count(truth, sample.right.astype(np.float64)), count(truth), count(said))

    @property
    def columns(self) -> tuple[Floats, Floats, Floats]:
        """The three of them, to be put beside each other."""
        return self.hits, self.actual, self.said

    @property
    def rows(self) -> Floats:
        total: Floats = self.actual.sum(axis=1)
        return total


def accuracy(found: Margins) -> Floats:
    """Share of rows with the right class."""
    return ratio(found.hits.sum(axis=1), found.rows)


def balanced_accuracy(found: Margins) -> Floats:
    """Mean of the classes' recalls; classes without rows are left out."""
    return nanmean(ratio(found.hits, found.actual))


def f1(found: Margins) -> Floats:
    """Harmonic mean of the positive class's precision and recall."""
    return _f1(found)[:, 1]


def macro_f1(found: Margins) -> Floats:
    """Mean of the classes' F1; classes that neither are nor are said are left out."""
    return nanmean(_f1(found))


def weighted_f1(found: Margins) -> Floats:
    """Mean of the classes' F1, weighted by their rows."""
    return ratio((np.nan_to_num(_f1(found)) * found.actual).sum(axis=1), found.rows)


def precision(found: Margins) -> Floats:
    """Share of the rows called positive that are."""
    return ratio(found.hits[:, 1], found.said[:, 1])


def macro_precision(found: Margins) -> Floats:
    """Mean of the classes' precisions; 0 for one that is never said, left out if it never is."""
    shares = np.where(found.said > 0, ratio(found.hits, found.said), 0.0)
    return nanmean(np.where((found.said > 0) | (found.actual > 0), shares, np.nan))


def recall(found: Margins) -> Floats:
    """Share of the positive rows that are called so."""
    return ratio(found.hits[:, 1], found.actual[:, 1])


def specificity(found: Margins) -> Floats:
    """Share of the negative rows that are called so."""
    return ratio(found.hits[:, 0], found.actual[:, 0])


def mcc(found: Margins) -> Floats:
    """Matthews' correlation of truth and decision, in Gorodkin's form (2004) for many classes."""
    rows, hits = found.rows, found.hits.sum(axis=1)
    said = 1 - ratio((found.said**2).sum(axis=1), rows**2)
    actual = 1 - ratio((found.actual**2).sum(axis=1), rows**2)
    both = ratio((found.said * found.actual).sum(axis=1), rows**2)
    told = (said > 1e-12) & (
        actual > 1e-12
    )  # 0 where one class alone is said, as scikit-learn has it
    spread = np.sqrt(np.where(told, said * actual, 1.0))
    return np.where(told, (ratio(hits, rows) - both) / spread, 0.0)


def kappa(found: Margins) -> Floats:
    """Cohen's kappa: agreement beyond chance."""
    chance = ratio((found.said * found.actual).sum(axis=1), found.rows**2)
    return ratio(ratio(found.hits.sum(axis=1), found.rows) - chance, 1 - chance)


def nanmean(values: Floats) -> Floats:
    """Mean over columns of what is known."""
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1).astype(np.float64))


def _f1(found: Margins) -> Floats:
    return ratio(2 * found.hits, found.actual + found.said)
