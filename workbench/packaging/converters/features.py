"""The steps of ``features``, operation by operation as numpy does them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto

from workbench.encoding import DATE_PARTS
from workbench.onnxgraph import RUNTIME, Graph

PAD = "\x00"  # no token of a text that came as JSON or from a table


def combine(step: Any, graph: Graph, source: str) -> str:
    """Arithmetic; what is not finite is missing."""
    operator = {"ratio": "Div", "difference": "Sub", "product": "Mul", "sum": "Add"}[step.how]
    made = graph.add(operator, graph.part(source, 2))
    return graph.add("Where", [graph.add("IsInf", [made]), graph.constant(np.nan), made])


def log(step: Any, graph: Graph, source: str) -> str:
    """In double, as the step does it."""
    wide = graph.add("Cast", [source], to=TensorProto.DOUBLE)
    size = graph.add("Add", [graph.add("Abs", [wide]), graph.constant(1.0, np.float64)])
    made = graph.add("Mul", [graph.add("Sign", [wide]), graph.add("Log", [size])])
    return graph.add("Cast", [made], to=TensorProto.FLOAT)


def clip(step: Any, graph: Graph, source: str) -> str:
    """Two choices, since ONNX's Clip makes a bound of what is missing."""
    low, high = graph.constant(step.low_), graph.constant(step.high_)
    raised = graph.add("Where", [graph.add("Less", [source, low]), low, source])
    return graph.add("Where", [graph.add("Greater", [raised, high]), high, raised])


def missing(step: Any, graph: Graph, source: str) -> str:
    """A stand-in is looked up among the values, then replaced."""
    if step.numeric_:
        found = _any_equal(graph, source, step.numbers)
        nothing = graph.constant(np.nan)
    else:
        found = _looked_up(graph, source, step.texts, np.ones(len(step.texts)), 0.0)
        nothing = graph.text("")
    mask = graph.add("Cast", [found], to=TensorProto.BOOL)
    return graph.add("Where", [mask, nothing, source])


def bins(step: Any, graph: Graph, source: str) -> str:
    """How many inner edges lie at or below the number."""
    beyond = graph.add("GreaterOrEqual", [source, graph.constant(step.edges_[None, :])])
    counts = graph.add("Cast", [beyond], to=TensorProto.FLOAT)
    code = graph.add("ReduceSum", [counts, graph.constant([1], np.int64)], keepdims=1)
    return graph.add("Where", [graph.add("IsNaN", [source]), source, code])


def date(step: Any, graph: Graph, source: str) -> str:
    """Looked up by month, weekday and hour."""
    parts = graph.part(source, len(DATE_PARTS))
    made = []
    for part, table in step.tables.values():
        value = parts[DATE_PARTS.index(part)]
        absent = graph.add("IsNaN", [value])
        safe = graph.add("Where", [absent, graph.constant(0.0), value])
        place = graph.add("Cast", [safe], to=TensorProto.INT64)
        found = graph.add("Gather", [graph.constant(table), place], axis=0)
        made.append(graph.add("Where", [absent, graph.constant(np.nan), found]))
    return graph.join(made)


def target_mean(step: Any, graph: Graph, source: str) -> str:
    """One lookup for each column of means."""
    columns = zip(step.means_.T, step.unknown_, strict=True)
    return graph.join([_looked_up(graph, source, step.categories, m, u) for m, u in columns])


def aggregate(step: Any, graph: Graph, source: str) -> str:
    """What was known of the key at the end of the training rows."""
    return _looked_up(graph, source, step.keys, step.known_, step.unknown)


def hash_(step: Any, graph: Graph, source: str) -> str:
    """onnxruntime's own MurmurHash3; missing stays missing."""
    mark = graph.add("MurmurHash3", [source], domain=RUNTIME, positive=1, seed=int(step.seed))
    wide = graph.add("Cast", [mark], to=TensorProto.INT64)
    bucket = graph.add("Mod", [wide, graph.constant(step.buckets, np.int64)])
    word = graph.add("Cast", [bucket], to=TensorProto.STRING)
    absent = _looked_up(graph, source, [""], [1.0], 0.0)
    mask = graph.add("Cast", [absent], to=TensorProto.BOOL)
    return graph.add("Where", [mask, graph.text(""), word])


def length(step: Any, graph: Graph, source: str) -> str:
    """Tokens of one character each, and of one word each, counted."""
    return graph.join([_counted(graph, source, pattern) for pattern in step.patterns])


def number(step: Any, graph: Graph, source: str) -> str:
    """One token where the whole text is a number, which is cast as in the step: by double."""
    flat = graph.add("Reshape", [source, graph.constant([-1], np.int64)])
    # a row of our own makes a column of tokens even if no text is a number
    ours = graph.add("Concat", [flat, graph.text("0")], axis=0)
    tokens = _tokens(graph, ours, step.pattern, pad="nan")
    wide = graph.add("Cast", [tokens], to=TensorProto.DOUBLE)
    every = graph.add("Cast", [wide], to=TensorProto.FLOAT)
    bounds = [graph.constant([place], np.int64) for place in (0, -1, 0)]
    made = graph.add("Slice", [every, *bounds])
    return graph.add("Where", [graph.add("IsInf", [made]), graph.constant(np.nan), made])


def words(step: Any, graph: Graph, source: str) -> str:
    """ASCII letters in lower case, cut into tokens, counted by a vocabulary."""
    flat = graph.add("Reshape", [source, graph.constant([-1], np.int64)])
    lower = graph.add("StringNormalizer", [flat], case_change_action="LOWER", locale="C")
    tokens = _tokens(graph, lower, step.pattern)
    known = step.vocabulary
    return graph.add(
        "TfIdfVectorizer",
        [tokens],
        mode="TF",
        min_gram_length=1,
        max_gram_length=1,
        max_skip_count=0,
        ngram_counts=[0],
        ngram_indexes=list(range(len(known))),
        pool_strings=known,
    )


def _tokens(graph: Graph, flat: str, pattern: str, pad: str = PAD) -> str:
    return graph.add(
        "Tokenizer", [flat], domain=RUNTIME, mark=0, pad_value=pad, mincharnum=1, tokenexp=pattern
    )


def _counted(graph: Graph, source: str, pattern: str) -> str:
    """How many tokens a text has, (rows, 1)."""
    flat = graph.add("Reshape", [source, graph.constant([-1], np.int64)])
    real = _looked_up(graph, _tokens(graph, flat, pattern), [PAD], [0.0], 1.0)
    return graph.add("ReduceSum", [real, graph.constant([1], np.int64)], keepdims=1)


def _looked_up(
    graph: Graph, source: str, keys: Sequence[str], values: Any, otherwise: float
) -> str:
    return graph.add(
        "LabelEncoder",
        [source],
        domain="ai.onnx.ml",
        # an empty table is refused: one entry that says what unknown says
        keys_strings=list(keys) or [""],
        values_floats=[float(value) for value in values] or [float(otherwise)],
        default_float=float(otherwise),
    )


def _any_equal(graph: Graph, source: str, numbers: np.ndarray) -> str:
    """1 where the number is one of these, shape (rows, 1)."""
    if not len(numbers):
        numbers = np.array([np.nan], np.float32)  # equals nothing
    same = graph.add("Equal", [source, graph.constant(numbers[None, :])])
    each = graph.add("Cast", [same], to=TensorProto.FLOAT)
    return graph.add("ReduceMax", [each, graph.constant([1], np.int64)], keepdims=1)
