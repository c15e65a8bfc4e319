"""Tables that are written while they grow, so that memory stays flat in the length of a tape.

Finished tables are written and read by `tables`; only the growing ones are here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What a column holds: a number type, bytes, or a fixed count of small numbers.
Kind = str | int
BYTES = "bytes"


class RowFile:
    """A Parquet file filled row by row; it appears under its name once it is whole.

    `columns` maps each name to a numpy type's name, to "bytes", or to a whole number n for n
    uint8 values.
    """

    def __init__(self, path: Path, columns: Mapping[str, Kind], *, rows_a_group: int) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self._path = path
        self._aside = path.with_name(f".{path.name}.writing")
        self._rows_a_group = rows_a_group
        # Numbers as they are stored: lists of Python's own would take ten times as much.
        self._values = {name: _room_for(kind, rows_a_group) for name, kind in columns.items()}
        self._waiting = 0  # rows that are not written yet
        self._schema = pa.schema([(name, _arrow_type(kind)) for name, kind in columns.items()])
        self._file = parquet.ParquetWriter(str(self._aside), self._schema, compression="zstd")
        self._is_open = True
        self.rows = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Add one row; every column must be given."""
        for name, values in self._values.items():
            value = row[name]
            if isinstance(values, list):
                values.append(value)
            else:
                values[self._waiting] = value if values.ndim == 1 else np.ravel(value)
        self.rows += 1
        self._waiting += 1
        if self._waiting == self._rows_a_group:
            self._write()

    def close(self) -> None:
        """Write the rest and put the file in place."""
        self._write()
        self._is_open = False
        self._file.close()
        self._aside.replace(self._path)

    def discard(self) -> None:
        """Leave nothing of an unfinished file; a finished one stays."""
        if self._is_open:
            self._is_open = False
            self._file.close()
        self._aside.unlink(missing_ok=True)

    def _write(self) -> None:
        import pyarrow as pa

        if not self._waiting:
            return
        arrays = [_arrow_array(values[: self._waiting]) for values in self._values.values()]
        self._file.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._waiting = 0
        for values in self._values.values():
            if isinstance(values, list):
                values.clear()


def _room_for(kind: Kind, rows: int) -> "NDArray[Any] | list[bytes]":
    """Where values of a column wait to be written."""
    if kind == BYTES:
        return []
    if isinstance(kind, int):
        return np.empty((rows, kind), np.uint8)
    return np.empty(rows, np.dtype(kind))


def _arrow_type(kind: Kind) -> Any:
    import pyarrow as pa

    if isinstance(kind, int):
        return pa.list_(pa.uint8(), kind)
    return pa.binary() if kind == BYTES else pa.from_numpy_dtype(np.dtype(kind))


def _arrow_array(values: "NDArray[Any] | list[bytes]") -> Any:
    """An Arrow array over the values' bytes: `pyarrow.array` would import pandas where it is."""
    import pyarrow as pa

    if isinstance(values, list):
        ends = np.cumsum([0, *map(len, values)], dtype=np.int32)
        parts = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(values))]
        return pa.Array.from_buffers(pa.binary(), len(values), parts)
    if values.ndim == 2:
        return pa.FixedSizeListArray.from_arrays(_over(values.reshape(-1)), values.shape[1])
    return _over(values)


def _over(numbers: NDArray[Any]) -> Any:
    import pyarrow as pa

    if numbers.dtype == np.bool_:
        packed = np.packbits(numbers, bitorder="little")
        return pa.Array.from_buffers(pa.bool_(), len(numbers), [None, pa.py_buffer(packed)])
    form = pa.from_numpy_dtype(numbers.dtype)
    return pa.Array.from_buffers(form, len(numbers), [None, pa.py_buffer(numbers)])
