"""Tables that are written while they grow, so that memory stays flat in the length of a tape.

Finished tables are written and read by `tables`; only the growing ones are here.
"""

from collections.abc import Mapping, Sequence
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
        self._columns = dict(columns)
        self._rows_a_group = rows_a_group
        self._values: dict[str, list[Any]] = {name: [] for name in columns}
        self._schema = pa.schema([(name, _arrow_type(kind)) for name, kind in columns.items()])
        self._file = parquet.ParquetWriter(str(self._aside), self._schema, compression="zstd")
        self._is_open = True
        self.rows = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Add one row; every column must be given."""
        for name, values in self._values.items():
            values.append(row[name])
        self.rows += 1
        if self.rows % self._rows_a_group == 0:
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

        arrays = [_arrow_array(kind, self._values[name]) for name, kind in self._columns.items()]
        if len(arrays[0]):
            self._file.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        for values in self._values.values():
            values.clear()


def _arrow_type(kind: Kind) -> Any:
    import pyarrow as pa

    if isinstance(kind, int):
        return pa.list_(pa.uint8(), kind)
    return pa.binary() if kind == BYTES else pa.from_numpy_dtype(np.dtype(kind))


def _arrow_array(kind: Kind, values: Sequence[Any]) -> Any:
    """An Arrow array over the values' bytes: `pyarrow.array` would import pandas where it is."""
    import pyarrow as pa

    if isinstance(kind, int):
        flat = np.concatenate([np.ravel(value) for value in values] or [np.empty(0)])
        numbers = _over(flat.astype(np.uint8))
        return pa.FixedSizeListArray.from_arrays(numbers, kind)
    if kind == BYTES:
        ends = np.cumsum([0, *map(len, values)], dtype=np.int32)
        parts = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(values))]
        return pa.Array.from_buffers(pa.binary(), len(values), parts)
    return _over(np.asarray(values, np.dtype(kind)))


def _over(numbers: NDArray[Any]) -> Any:
    import pyarrow as pa

    if numbers.dtype == np.bool_:
        packed = np.packbits(numbers, bitorder="little")
        return pa.Array.from_buffers(pa.bool_(), len(numbers), [None, pa.py_buffer(packed)])
    form = pa.from_numpy_dtype(numbers.dtype)
    return pa.Array.from_buffers(form, len(numbers), [None, pa.py_buffer(numbers)])
