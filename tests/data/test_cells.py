"""Text in cells becomes what it means, and only then."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from workbench.data.cells import MISSING, Evidence, Notation, Typed, bare, without

D = dt.datetime


def typed(
    name: str,
    cells: pa.ChunkedArray,
    *,
    missing: tuple[str, ...] = MISSING,
    keep_text: bool = False,
    day_first: bool | None = None,
) -> Typed:
    """A column in its type by the plain way: look at all distinct cells, then convert them."""
    notation = Notation(missing, day_first)
    if keep_text:
        kept = [without(chunk, missing) for chunk in cells.chunks]
        return Typed(pa.chunked_array(kept, pa.string()))
    evidence, blocks = Evidence(notation), []
    for chunk in cells.chunks:
        encoded = chunk.dictionary_encode()
        words = bare(encoded.dictionary, missing)
        evidence.learn(pc.unique(words))
        blocks.append((words, encoded.indices))
    form = evidence.form
    values = [form.convert(words, notation).take(places) for words, places in blocks]
    return Typed(pa.chunked_array(values, form.type), evidence.notes(name))


@pytest.mark.parametrize(
    ("words", "kind", "values"),
    [
        (["1", " 2 ", "+3", "-4", ""], "int64", [1, 2, 3, -4, None]),
        (["1.5", "2", "1e3", ".5", "NA"], "double", [1.5, 2.0, 1000.0, 0.5, None]),
        (["08123", "99999"], "string", ["08123", "99999"]),
        (["12345678901234567890", "1"], "string", ["12345678901234567890", "1"]),
        (["True", "false", "", "TRUE"], "bool", [True, False, None, True]),
        (["yes", "no"], "string", ["yes", "no"]),
        (["1,234", "12,345,678.5", "7"], "double", [1234.0, 12345678.5, 7.0]),
        (["1.234,5", "0,123"], "double", [1234.5, 0.123]),
        (["0,123", "1,234"], "double", [0.123, 1.234]),
        (["?", "3", "4", "5"], "int64", [None, 3, 4, 5]),
        (["?", "a", "b"], "string", ["?", "a", "b"]),
        (["", "NA", "null"], "double", [None, None, None]),
        (["2020-02-29", ""], "timestamp[us]", [D(2020, 2, 29), None]),
        (["2020-02-30", "2020-01-01"], "string", ["2020-02-30", "2020-01-01"]),
        (["31/02/2020", "01/01/2020"], "string", ["31/02/2020", "01/01/2020"]),
        (["2020-01-01 10:20", "2020-01-02T11:00:05.25"], "timestamp[us]",
         [D(2020, 1, 1, 10, 20), D(2020, 1, 2, 11, 0, 5, 250000)]),
        (["2020-01-01T10:00:00Z", "2020-01-01T10:00:00+02:00"], "timestamp[us]",
         [D(2020, 1, 1, 10), D(2020, 1, 1, 8)]),
        (["31.12.2020", "1.2.2021"], "timestamp[us]", [D(2020, 12, 31), D(2021, 2, 1)]),
        (["2020/1/5", "2020/12/31"], "timestamp[us]", [D(2020, 1, 5), D(2020, 12, 31)]),
        (["13/04/2021 10:20", "01/05/2021 00:00"], "timestamp[us]",
         [D(2021, 4, 13, 10, 20), D(2021, 5, 1)]),
        (["04/13/2021", "05/01/2021"], "timestamp[us]", [D(2021, 4, 13), D(2021, 5, 1)]),
        (["Braund, Mr. Owen", "x"], "string", ["Braund, Mr. Owen", "x"]),
    ],
)  # fmt: skip
def test_cells_become_what_they_mean(words: list[str], kind: str, values: list[Any]) -> None:
    found = typed("x", pa.chunked_array([words])).values
    assert (str(found.type), found.to_pylist()) == (kind, values)


def test_the_order_of_day_and_month_is_told_when_it_cannot_be_known() -> None:
    cells = pa.chunked_array([["01/02/2020", "03/04/2020"]])
    guessed = typed("when", cells)
    assert guessed.values[0].as_py() == D(2020, 1, 2)
    assert guessed.notes[0].code == "date-order"
    assert typed("when", cells, day_first=True).values[0].as_py() == D(2020, 2, 1)
    assert not typed("when", cells, day_first=True).notes


def test_words_among_numbers_that_mean_missing_are_told() -> None:
    found = typed("x", pa.chunked_array([["1", "2", "unknown", "3"]]))
    assert found.values.to_pylist() == [1, 2, None, 3]
    assert "'unknown'" in found.notes[0].sentence


def test_text_that_is_to_stay_text_is_not_even_trimmed() -> None:
    found = typed("x", pa.chunked_array([["1", " 2", ""]]), keep_text=True)
    assert found.values.to_pylist() == ["1", " 2", None]


def test_chunks_do_not_matter() -> None:
    words = ["b", "a", "b", "", "c"]
    one, many = pa.chunked_array([words]), pa.chunked_array([words[:2], words[2:], []], pa.string())
    assert typed("x", one).values.to_pylist() == typed("x", many).values.to_pylist()
