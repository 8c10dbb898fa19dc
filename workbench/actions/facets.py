"""Facets: a data set ready to be filtered by the bars of its profile; the last few are kept."""

from __future__ import annotations

import threading
from collections import OrderedDict

from workbench.actions.context import Context
from workbench.actions.profile import of as profile_of
from workbench.core.dataset import DatasetRecord
from workbench.core.wire import digest
from workbench.data.facets import Facets, bars_of

KEPT = 3  # data sets; a million rows of twenty columns take 20 MB, for all sessions together

_kept: OrderedDict[str, Facets] = OrderedDict()
_lock = threading.Lock()


def of(context: Context, record: DatasetRecord) -> Facets:
    """The facets of a snapshot; blocks while they are made for the first time."""
    mark = digest([str(context.root), record.digest, record.schema])
    with _lock:
        if mark in _kept:
            _kept.move_to_end(mark)
            return _kept[mark]
    found = Facets(context.datasets.table(record), bars_of(profile_of(context, record)))
    with _lock:
        _kept[mark] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found
