"""Weights of VideoMAE from the hub, a local folder or a registry's folder, into gametape's own.

The only place that may go to the hub, and only when it is asked for weights.
"""

import re
import shutil
from pathlib import Path

from gametape.aside import folder_aside
from gametape.errors import InputError, ToolError
from gametape.models.backbones.videomaecheck import known_features
from gametape.models.backbones.videomaefiles import (
    CHECK,
    CONFIG,
    PICKLES,
    WEIGHTS,
    WeightsCheck,
    read_folder,
    refuse_pickles,
)

# By the name that `gametape models pull` takes. Trained on Kinetics-400, so that the features tell
# actions apart; those of pre-training alone tell pictures apart.
HUB_IDS = {
    "videomae": "MCG-NJU/videomae-base-finetuned-kinetics",
    "videomae-small": "MCG-NJU/videomae-small-finetuned-kinetics",
}
LICENCE = "CC BY-NC 4.0: not for commercial use"  # of these two, as their authors state it
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@[\w./-]+)?")


def pull_videomae(target: Path, source: str) -> WeightsCheck:
    """Put the weights of a source into a folder, whole or not at all, after they were checked.

    `source` is one of HUB_IDS, a hub id (`owner/name`, with `@revision` if need be) or a folder.
    """
    source = HUB_IDS.get(source, source)
    given = Path(source).expanduser()
    if given.exists() or given.suffix.lower() in PICKLES or not HUB_ID.fullmatch(source):
        refuse_pickles(given)
        return _take(target, {name: given / name for name in (CONFIG, WEIGHTS)}, source)
    repository, _, revision = source.partition("@")
    files = {name: _from_hub(repository, name, revision or None) for name in (CONFIG, WEIGHTS)}
    commit = files[WEIGHTS].parent.name  # the hub's cache keeps files by commit
    return _take(target, files, f"{repository}@{commit}")


def seal_folder(folder: Path, source: str) -> WeightsCheck:
    """Write down beside a folder's weights what they are, once they were read and found good."""
    shape, tensors, sha256 = read_folder(folder)
    features = tuple(float(value) for value in known_features(shape, tensors))
    check = WeightsCheck(sha256=sha256, source=source, features=features)
    (folder / CHECK).write_text(check.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return check


def _take(target: Path, files: dict[str, Path], source: str) -> WeightsCheck:
    with folder_aside(target) as aside:
        for name, path in files.items():
            shutil.copyfile(path, aside / name)
        return seal_folder(aside, source)


def _from_hub(repository: str, name: str, revision: str | None) -> Path:
    """A file of the hub, from its cache on this machine if it is there."""
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import (
            EntryNotFoundError,
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )
    except ImportError as error:
        raise ToolError(
            f"The hub cannot be asked ({error}). Install what is needed: "
            "`pip install 'gametape[learn]'`."
        ) from error
    try:
        return Path(hf_hub_download(repository, name, revision=revision))
    except LocalEntryNotFoundError as error:
        raise ToolError(
            f"{repository}: the hub cannot be reached, or HF_HUB_OFFLINE is set, and {name} is not "
            "in its cache on this machine. Try again with a network, or copy the model's folder "
            "here and give its path."
        ) from error
    except EntryNotFoundError as error:
        reason = "pickled weights are not read" if name == WEIGHTS else "it is no model"
        raise InputError(
            f"{repository}: has no {name} ({reason}). Choose a model that has it."
        ) from error
    except (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError) as error:
        raise InputError(f"{repository}: the hub has no such model. Check its name.") from error
    except (HfHubHTTPError, OSError) as error:
        raise ToolError(
            f"{repository}: the hub gave no {name} ({type(error).__name__}). Try again later, or "
            "copy the model's folder here and give its path."
        ) from error
