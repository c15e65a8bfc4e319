"""What a step's blocking check said of its artifact, kept beside the sidecar.

A failed check stops Dagster's run, and only that one; this is how whoever comes later knows of it.
What makes a check's sentence true is not known here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from gametape.schema import Noun
from resources.publishing import Sidecar, write_json

MOST_EXAMPLES = 3  # that are kept; the run history has more

CURES = {"every_clip_is_exact": "Cut with --set clips.method=re-encode"}
CURE = "Change what they are made from"


class Verdict(Noun):
    """`_meta/checks/{asset}.json`: of the artifact with this fingerprint, and of no other."""

    check: str
    fingerprint: str
    wrong: int | None  # counter-examples; None: the check has not come to an end
    examples: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """Why the artifact is refused, with a counter-example."""
        others = f" and {more} more" if (more := (self.wrong or 0) - 1) > 0 else ""
        return f"{self.check} does not hold ({self.examples[0]}{others})"


def verdict_path(folder: Path, asset: str) -> Path:
    """Where the verdict on an artifact lies; `folder` is the tape's."""
    return folder / "_meta" / "checks" / f"{asset}.json"


def expect_verdict(folder: Path, asset: str, *, check: str, fingerprint: str) -> None:
    """Write down, before an artifact is done, that a check must judge it."""
    verdict = Verdict(check=check, fingerprint=fingerprint, wrong=None)
    write_json(verdict_path(folder, asset), verdict)


def put_verdict(
    folder: Path, sidecar: Sidecar, *, check: str, wrong: Sequence[Mapping[str, object]]
) -> None:
    """Write down what a check said of the artifact that this sidecar describes."""
    examples = tuple(counter_example(row) for row in wrong[:MOST_EXAMPLES])
    verdict = Verdict(
        check=check, fingerprint=sidecar.fingerprint, wrong=len(wrong), examples=examples
    )
    if verdict_of(folder, sidecar) != verdict:
        write_json(verdict_path(folder, sidecar.asset), verdict)


def verdict_of(folder: Path, sidecar: Sidecar) -> Verdict | None:
    """The verdict on an artifact; None for one that no check judges, or from before verdicts."""
    try:
        found = Verdict.model_validate_json(verdict_path(folder, sidecar.asset).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        found = Verdict(check=f"the check of {sidecar.asset}", fingerprint="", wrong=None)
    if found.fingerprint == sidecar.fingerprint:
        return found
    return found.model_copy(update={"wrong": None, "examples": ()})


def is_awaited(folder: Path, sidecar: Sidecar) -> bool:
    """Whether a check must still judge an artifact: its process died in between."""
    verdict = verdict_of(folder, sidecar)
    return verdict is not None and verdict.wrong is None


def refusal(tape_id: str, asset: str, verdict: Verdict) -> str:
    """Why nothing goes on from an artifact, and what to do about it."""
    return (
        f"{tape_id}: {verdict.says}, so its {asset} are not used. "
        f"{CURES.get(verdict.check, CURE)}, or make them again with `gametape run {tape_id} "
        f"--again` (in the UI: materialize {asset})."
    )


def counter_example(row: Mapping[str, object]) -> str:
    """A counter-example in a line."""
    cells = ((key, f"{v:g}" if isinstance(v, float) else str(v)) for key, v in row.items())
    return ", ".join(f"{key}: {cell}" for key, cell in cells)
