"""Tables that are written while they grow, so that memory stays flat in the length of a tape.

Finished tables are written and read by `tables`; only the growing ones are here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

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
            self._file.write_table(pa.table(arrays, schema=self._schema))
        for values in self._values.values():
            values.clear()


def _arrow_type(kind: Kind) -> Any:
    import pyarrow as pa

    if isinstance(kind, int):
        return pa.list_(pa.uint8(), kind)
    return pa.binary() if kind == BYTES else pa.from_numpy_dtype(np.dtype(kind))


def _arrow_array(kind: Kind, values: Sequence[Any]) -> Any:
    import pyarrow as pa

    if isinstance(kind, int):
        flat = np.concatenate([np.ravel(value) for value in values] or [np.empty(0)])
        return pa.FixedSizeListArray.from_arrays(pa.array(flat.astype(np.uint8)), kind)
    if kind == BYTES:
        return pa.array(values, pa.binary())
    return pa.array(np.asarray(values, np.dtype(kind)))
