"""Rows as Parquet, for pandas, polars, DuckDB and R. Needs pyarrow, which datasets brings along."""

import io
import json
from collections.abc import Iterable, Sequence
from typing import Any


def bytes_of(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A file of a column a title, in one row group. A column of numbers is one of numbers, all
    else is text; lists and tables within a cell are JSON. The same bytes for the same rows.
    """
    import pyarrow
    import pyarrow.parquet

    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in titles]
    known = list(titles)
    names = [name if known.index(name) == n else f"{name}.{n}" for n, name in enumerate(known)]
    arrays = [pyarrow.array(_alike(column)) for column in columns]
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(arrays, names), file)
    return file.getvalue()


def _alike(values: Sequence[Any]) -> list[Any]:
    """Values of one type; the empty text that other formats have for nothing is nothing."""
    known = [None if value == "" else value for value in values]
    kinds = {type(value) for value in known if value is not None}
    if kinds <= {int} or kinds <= {bool} or kinds <= {str}:
        return known
    if kinds <= {int, float}:
        return [None if value is None else float(value) for value in known]
    return [
        value if value is None or isinstance(value, str) else json.dumps(value) for value in known
    ]
