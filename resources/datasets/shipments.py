"""The papers of a store: which versions of datasets are there, and which contents each consists of.

Whoever reads a paper trusts nothing in it; what moves the contents is `transfers`.
"""

import re
from collections.abc import Iterator

from pydantic import Field, ValidationError

from gametape.datasets.nouns import SHORT, checked_name
from gametape.errors import InputError
from gametape.schema import Noun
from resources.crashpoints import Point, pass_point
from resources.datasets.depots import Depot
from resources.datasets.versions import PLACE, Current

# The only files that a version consists of; nothing else is fetched.
KNOWN_FILE = re.compile(
    r"dataset\.json|card\.json|card\.md|tapes/[a-z0-9][a-z0-9-]{2,79}/"
    r"(labels\.json|frames\.parquet|features/[a-z0-9][a-z0-9-]{0,40}/"
    r"(index\.json|chunk-\d{4,6}\.safetensors))",
    re.ASCII,
)


class Blob(Noun):
    """A content in the store."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)

    @property
    def key(self) -> str:
        """Where it lies."""
        return f"blobs/{self.sha256[:2]}/{self.sha256}"


class Shipment(Noun):
    """The paper that tells of a version in a store: its files, and videos where those were sent."""

    format: int = 1
    name: str
    digest: str
    tapes: int
    games: int
    plays: int
    files: dict[str, Blob]
    videos: dict[str, Blob] = Field(default_factory=dict)  # by tape

    @property
    def bytes(self) -> int:
        """Of all its contents."""
        return sum(blob.bytes for blob in (*self.files.values(), *self.videos.values()))


def put_shipment(depot: Depot, shipment: Shipment, before: Shipment | None) -> None:
    """Write the paper of a version whose contents are all there, then let the name stand for it."""
    version = shipment.digest[:SHORT]
    pass_point(Point.BEFORE_VERSION)
    if shipment != before:
        depot.write(_paper_key(shipment.name, version), _json(shipment))
    pass_point(Point.AFTER_VERSION)
    current = _json(Current(digest=shipment.digest))
    if depot.read(_current_key(shipment.name)) != current:
        depot.write(_current_key(shipment.name), current)


def shipments(depot: Depot) -> Iterator[tuple[Shipment, bool]]:
    """Every version in a store, and whether its name stands for it."""
    for name in depot.names(PLACE):
        current = _current_in(depot, name)
        for file in depot.names(f"{PLACE}/{name}"):
            version = file.removesuffix(".json")
            shipment = shipment_at(depot, name, version) if len(version) == SHORT else None
            if shipment is not None:
                yield shipment, shipment.digest == current


def find_shipment(depot: Depot, word: str) -> Shipment:
    """The version in a store that a person means."""
    name, _, wanted = word.partition("@")
    known = [n.removesuffix(".json") for n in depot.names(f"{PLACE}/{checked_name(name)}")]
    known = [version for version in known if len(version) == SHORT]
    wanted = (wanted or _current_in(depot, name))[:SHORT]
    matches = [v for v in known if v.startswith(wanted)]
    found = shipment_at(depot, name, matches[0]) if len(matches) == 1 else None
    if found is None:
        told = ", ".join(f"{name}@{version}" for version in known[:5])
        cure = f"There are {told}; name one." if told else "`gametape dataset list --from` tells."
        raise InputError(f"{word}: {depot.address} has no such dataset. {cure}")
    return found


def shipment_at(depot: Depot, name: str, version: str) -> Shipment | None:
    """The paper of a version; None where there is none."""
    content = depot.read(_paper_key(name, version))
    if content is None:
        return None
    try:
        found = Shipment.model_validate_json(content)
    except ValidationError as error:
        raise InputError(
            f"{depot.address}: {_paper_key(name, version)} is not readable "
            f"({error.errors()[0]['msg']}). Push the dataset again."
        ) from error
    odd = [file for file in found.files if not KNOWN_FILE.fullmatch(file)]
    if odd or found.name != name or found.digest[:SHORT] != version:
        what = f"names {odd[0][:80]!r}" if odd else "is of another dataset"
        raise InputError(
            f"{depot.address}: the paper of {name}@{version} {what}; nothing of it is taken."
        )
    return found


def _current_in(depot: Depot, name: str) -> str:
    content = depot.read(_current_key(name))
    try:
        return Current.model_validate_json(content).digest if content else ""
    except ValidationError:
        return ""


def _json(noun: Noun) -> bytes:
    return (noun.model_dump_json(indent=1) + "\n").encode()


def _paper_key(name: str, version: str) -> str:
    return f"{PLACE}/{name}/{version}.json"


def _current_key(name: str) -> str:
    return f"{PLACE}/{name}/current.json"
