"""The card of a dataset: what is in it, for people (card.md) and programs (card.json).

Counted from the dataset alone, so that a card can be made again anywhere.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from gametape.datasets.leaks import Leak
from gametape.datasets.nouns import Dataset, DatasetTape
from gametape.datasets.split import Split
from gametape.schema import Noun

SECONDS_AN_HOUR = 3600.0


class SplitCard(Noun):
    """The two sides of the split, and what is on both of them."""

    train: tuple[str, ...]
    held_out: tuple[str, ...]
    leaks: tuple[str, ...] = ()


class DatasetCard(Noun):
    """A dataset in figures."""

    name: str
    digest: str
    tapes: int
    games: int
    plays: int
    hours: float
    play_hours: float
    classes: dict[str, int]  # plays by label
    sports: dict[str, int]  # tapes by sport pack
    angles: dict[str, int]  # tapes by angle
    strata: dict[str, dict[str, int]]  # tapes by value, by what they differ in
    backbones: dict[str, int]  # tapes with features, by backbone
    labelled_from: str  # days on which labels were handed in
    labelled_to: str
    split: SplitCard | None = None  # None: it has tapes of a single game


def card_of(dataset: Dataset, split: Split | None, leaks: Sequence[Leak] = ()) -> DatasetCard:
    """Count what is in a dataset."""
    tapes = dataset.tapes
    kinds = sorted({kind for tape in tapes for kind in tape.strata})
    days = sorted(tape.labelled_at[:10] for tape in tapes)
    classes = Counter[str]()
    for tape in tapes:
        classes.update(tape.classes)
    return DatasetCard(
        name=dataset.name,
        digest=dataset.digest,
        tapes=len(tapes),
        games=len({tape.game for tape in tapes}),
        plays=sum(tape.play_count for tape in tapes),
        hours=round(sum(tape.duration_s for tape in tapes) / SECONDS_AN_HOUR, 4),
        play_hours=round(sum(tape.play_s for tape in tapes) / SECONDS_AN_HOUR, 4),
        classes=dict(sorted(classes.items())),
        sports=_counts(tape.profile for tape in tapes),
        angles=_counts(tape.angle or "not stated" for tape in tapes),
        strata={
            kind: _counts(tape.strata.get(kind, "not stated") for tape in tapes) for kind in kinds
        },
        backbones=_counts(backbone for tape in tapes for backbone in tape.features),
        labelled_from=days[0] if days else "",
        labelled_to=days[-1] if days else "",
        split=None
        if split is None
        else SplitCard(
            train=split.train,
            held_out=split.held_out,
            leaks=tuple(f"{leak.trained} and {leak.held_out}: {leak.what}" for leak in leaks),
        ),
    )


def card_page(card: DatasetCard, dataset: Dataset) -> str:
    """The card as Markdown."""
    lines = [
        f"# Dataset {card.name}",
        "",
        f"Version `{card.digest[:12]}`: {card.tapes} tapes of {card.games} games with "
        f"{card.plays} plays, {card.hours:.2f} h ({card.play_hours:.2f} h of them play), "
        f"labelled {card.labelled_from} to {card.labelled_to}.",
        "",
        "| what | |",
        "|---|---|",
        f"| hash | `{card.digest}` |",
        f"| plays by label | {_told(card.classes)} |",
        f"| tapes by sport pack | {_told(card.sports)} |",
        f"| tapes by angle | {_told(card.angles)} |",
        *(f"| tapes by {kind} | {_told(counts)} |" for kind, counts in card.strata.items()),
        f"| tapes with features | {_told(card.backbones) or 'none'} |",
        "",
        *_split_lines(card.split),
        "## Tapes",
        "",
        "| tape | game | length | plays | side |",
        "|---|---|---|---|---|",
        *(_row(tape, card.split) for tape in dataset.tapes),
    ]
    return "\n".join(lines) + "\n"


def _split_lines(split: SplitCard | None) -> list[str]:
    if split is None:
        return ["All tapes are of one game, so nothing can be held out to judge by.", ""]
    told = f"{len(split.train)} tapes to learn from, {len(split.held_out)} held out, by game."
    if not split.leaks:
        return [f"{told} Nothing is on both sides.", ""]
    return [f"{told} On both sides:", "", *(f"- {_plain(leak)}" for leak in split.leaks), ""]


def _row(tape: DatasetTape, split: SplitCard | None) -> str:
    side = "" if split is None else "held out" if tape.id in split.held_out else "train"
    cells = (tape.id, tape.game, f"{tape.duration_s:.0f} s", str(tape.play_count), side)
    return f"| {' | '.join(_plain(cell) for cell in cells)} |"


def _counts(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{_plain(word)} {count}" for word, count in counts.items())


def _plain(text: str) -> str:
    """Text that is no Markdown of its own in a table."""
    return text.replace("|", "/").replace("`", "'").replace("<", "‹").replace("\n", " ")
