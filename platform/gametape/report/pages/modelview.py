"""What the page on models shows of each sport: its models, what was decided, who is in force.

Plain values; where they come from is not known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gametape.models.base import LearningPoint, ModelCard
from gametape.promotion import Decision

CHAMPION, CHALLENGER, EMBEDDED = "champion", "challenger", "in the box"


@dataclass(frozen=True)
class ModelView:
    """One model with the evidence that lies beside it."""

    digest: str
    label: str  # as predictions say it: gametape-tennis/3 1a2b3c4d5e6f
    version: str  # of the registry; empty before it is there
    role: str  # champion, challenger, in the box, before, or empty
    card: ModelCard
    reliability: Sequence[tuple[int, float, float]] = ()  # rows, said, seen: of held-out tapes
    calibration_error: float | None = None
    learning: Sequence[LearningPoint] = ()
    trained: frozenset[str] = frozenset()  # ids of tapes that it has learned from
    held_out: int = 0  # tapes that it was judged on


@dataclass(frozen=True)
class SportView:
    """A sport pack: what scores it today, its models, and what was decided, the latest last."""

    profile: str
    scorer: str  # in words: what its tapes are scored with today
    models: Sequence[ModelView] = ()
    decisions: Sequence[Decision] = ()
    troubles: Sequence[str] = ()  # files that cannot be read, in words

    @property
    def is_learned(self) -> bool:
        """Whether anything was trained or decided here; what is in the box was not."""
        return bool(self.decisions) or any(model.role != EMBEDDED for model in self.models)

    def model_of(self, role: str) -> ModelView | None:
        """The model that has a role."""
        return next((model for model in self.models if model.role == role), None)

    def judgement(self) -> Decision | None:
        """The latest comparison of two models; a rollback compares nothing."""
        compared = [one for one in self.decisions if one.figures or one.kind == "promotion"]
        return compared[-1] if compared else None


def script_data(sport: SportView) -> dict[str, object]:
    """What the page's script draws for a sport."""
    found = sport.judgement()
    figures = [row.model_dump(mode="json") for row in found.figures] if found else []
    strata = [row.model_dump(mode="json") for row in found.strata] if found else []
    shown = [model for model in sport.models if model.role in (CHAMPION, CHALLENGER)]
    shown = shown or list(sport.models[:1])
    return {
        "profile": sport.profile,
        "challenger": found.challenger.label if found else "",
        "incumbent": found.incumbent.label if found else "",
        "figures": figures,
        "strata": strata,
        "models": [
            {
                "name": named(model),
                "reliability": [
                    {"windows": rows, "score": said, "share": seen}
                    for rows, said, seen in model.reliability
                ],
                "error": model.calibration_error,
                "held_out": model.held_out,
                "learning": [
                    {"tapes": point.tapes, "games": point.games, **point.f1.model_dump()}
                    for point in model.learning
                ],
            }
            for model in shown
        ],
    }


def named(model: ModelView) -> str:
    """A model as people tell it from the others of its sport."""
    version = f"version {model.version}" if model.version.isdigit() else model.digest[:12]
    return f"{model.role}, {version}" if model.role else version
