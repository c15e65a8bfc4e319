"""The store: a library's folder, its orders and its tapes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from gametape.errors import InputError
from gametape.line import TAPE_ID, Order
from resources.crashpoints import Point, pass_point
from resources.publishing import mark_of, matching, write_json
from resources.tape import Tape


@dataclass(frozen=True)
class Store:
    """A library in a folder."""

    root: Path
    profiles: Path | None = None

    def put_order(self, order: Order) -> None:
        """Write down what was asked for; the same order again changes nothing."""
        path = self._order_path(order.id)
        if not path.is_file() or path.read_bytes() != _as_bytes(order):
            write_json(path, order)
            pass_point(Point.ORDER_WRITTEN)

    def tape_ids(self) -> list[str]:
        """Every tape that was ordered, by id."""
        return sorted(p.stem for p in (self.root / "inbox").glob("*.json"))

    def finished_tapes(self) -> list[Tape]:
        """Tapes whose line has been walked to the end, whatever their profile is today."""
        tapes = [self.tape(tape_id) for tape_id in self.tape_ids()]
        return [tape for tape in tapes if tape.sidecar("clips") is not None]

    def published_files(
        self, kinds: Mapping[str, tuple[str, str]]
    ) -> tuple[dict[str, list[tuple[str, Path]]], dict[str, dict[str, str]]]:
        """Files of finished artifacts by kind, as (tape, path); by kind and tape what they are.

        A kind is (asset, pattern under the tape's folder). A tape whose order cannot be read has
        no files; `gametape plan` names it.
        """
        files: dict[str, list[tuple[str, Path]]] = {name: [] for name in kinds}
        marks: dict[str, dict[str, str]] = {name: {} for name in kinds}
        for tape_id in self.tape_ids():
            try:
                tape = self.tape(tape_id)
            except InputError:
                continue
            sidecars = {asset: tape.sidecar(asset) for asset in {a for a, _ in kinds.values()}}
            for name, (asset, pattern) in kinds.items():
                sidecar = sidecars[asset]
                if sidecar is not None:
                    marks[name][tape_id] = mark_of(tape.folder, sidecar.fingerprint, pattern)
                    files[name] += [(tape_id, path) for path in matching(tape.folder, pattern)]
        return files, marks

    def tape(self, tape_id: str) -> Tape:
        """One tape of the library."""
        if not TAPE_ID.fullmatch(tape_id):
            raise InputError(f"{tape_id!r} cannot be a tape: ids are a-z, 0-9 and dashes.")
        path = self._order_path(tape_id)
        try:
            order = Order.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise InputError(
                f"{tape_id}: the library has no such tape. Add it with `gametape cut FILE`."
            ) from None
        except ValidationError as error:
            raise InputError(
                f"{path}: not a readable order ({error.errors()[0]['msg']}). "
                "Remove it and add the tape again."
            ) from error
        return Tape(self.root / "videos" / tape_id, order, self.profiles)

    def _order_path(self, tape_id: str) -> Path:
        return self.root / "inbox" / f"{tape_id}.json"


def _as_bytes(order: Order) -> bytes:
    return (json.dumps(order.model_dump(mode="json"), indent=2, sort_keys=True) + "\n").encode()
