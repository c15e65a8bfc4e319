"""The whole chain as a user types it: matches, labels, a model, its promotion, and the pages."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gametape.madematch.match import make_match
from gametape.madematch.settings import MatchSettings
from tests.e2e.conftest import Typed

GAMES = 6  # of which two judge and four learn, the least
PACK = "extends: tennis\nscorer: {name: learned}\n"
OTHER = "volleyball-indoor"


def made(folder: Path, sport: str, seed: int) -> Path:
    wish = MatchSettings(
        sport=sport, seed=seed, length_s=20, width=320, height=180, difficulty="easy"
    )
    make_match(folder, wish)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_from_made_matches_to_a_promoted_model_whose_scores_alone_are_made_again(
    tmp_path: Path, type_in: Callable[..., Typed]
) -> None:
    library = tmp_path / "library"

    def typed(*words: object, code: int = 0) -> Typed:
        done = type_in(*words, "--library", library, "--json")
        assert done.code == code, f"{words}\n{done.out}\n{done.err}"
        return done

    (library / "profiles").mkdir(parents=True)
    (library / "profiles" / "tennis.yaml").write_text(PACK)
    tapes = {}
    for seed in range(1, GAMES + 1):
        match = made(tmp_path / f"match-{seed}", "tennis", seed)
        game = ("--sport", "tennis", "--game", f"game=g{seed}")
        [file] = typed("add", match / "match.mp4", *game).value["files"]
        tapes[file["tape"]] = match
    other = made(tmp_path / "other", OTHER, 1)
    typed("add", other / "match.mp4", "--sport", OTHER)
    typed("run")
    for tape, match in tapes.items():
        typed("label", tape, match / "truth.json")
    typed("run")
    assert typed("plan").value["right"] == GAMES + 1

    decision = typed("train", "tennis", "--kind", "linear-hmm").value
    assert (library / "datasets" / "tennis" / "current.json").is_file()
    assert not stale(typed("plan"))  # a challenger changes nothing
    version = decision["challenger"]["version"]
    forced = ("--force", "--why", "the test wants it")
    assert typed("models", "promote", "tennis", *forced).value["is_applied"]
    causes = stale(typed("plan"))
    assert set(causes) == set(tapes)  # and not the other sport's
    assert {steps[0] for steps in causes.values()} == {"predictions"}
    typed("run")
    assert not stale(typed("plan"))
    [shown] = typed("models", "list").value
    assert shown["version"] == version and shown["in_force_here"]
    [scored] = typed("sql", "select model, tapes from scored_by where profile = 'tennis'").value
    assert scored["model"].startswith(f"gametape-tennis/{version} ") and scored["tapes"] == GAMES
    page = Path(typed("open", "--page", "models", "--print").value["page"])
    assert f"gametape-tennis/{version}" in page.read_text()

    typed("models", "rollback", "tennis")
    assert set(stale(typed("plan"))) == set(tapes)


def stale(plan: Typed) -> dict[str, list[str]]:
    """Stale steps of each tape's line."""
    found = {t["tape"]: [s["step"] for s in t["steps"]] for t in json.loads(plan.out)["tapes"]}
    return {tape: steps for tape, steps in found.items() if steps}
