"""Numbers as people read them, each with its unit; a dash where nothing is known."""

from gametape.report.summary import length

DASH = "–"


def share_text(share: float | None, digits: int = 2) -> str:
    """A share from 0 to 1 as a number of so many digits: 0.87."""
    return DASH if share is None else f"{share:.{digits}f}"


def percent_text(share: float | None) -> str:
    """A share from 0 to 1 in percent: 87 %."""
    return DASH if share is None else f"{100 * share:.0f} %"


def score_text(score: float | None) -> str:
    """A score from 0 to 100."""
    return DASH if score is None else f"{score:.0f}"


def count_text(count: int | None) -> str:
    """A count with thin spaces between thousands."""
    return DASH if count is None else f"{count:,}".replace(",", "\u202f")


def length_text(length_s: float | None) -> str:
    """A length of time: 7.4 s, 3 min 20 s, 1 h 52 min."""
    if length_s is None:
        return DASH
    if length_s < 1:
        return f"{length_s:.2f} s"
    return length(length_s)


def hours_text(length_s: float) -> str:
    """A length of time in hours where it is long."""
    return length(length_s) if length_s < 36_000 else f"{count_text(round(length_s / 3600))} h"


def bytes_text(size: float | None) -> str:
    """A size: 16.5 MB."""
    if size is None:
        return DASH
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def ratio_text(ratio: float | None) -> str:
    """Work for each second of tape: milliseconds by the clock."""
    if ratio is None:
        return DASH
    return f"{1000 * ratio:.0f} ms/s" if ratio >= 0.01 else f"{1000 * ratio:.1f} ms/s"


def things(count: int, one: str, many: str = "") -> str:
    """A count and its noun: 1 tape, 2 tapes."""
    return f"{count_text(count)} {one if count == 1 else many or one + 's'}"
