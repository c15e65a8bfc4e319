"""Times as people write them: 0:01:02.5 and 1:02. Nothing else."""


def tape_time(time_s: float) -> str:
    """Tape time to a tenth of a second: h:mm:ss.t."""
    tenths = round(max(0.0, time_s) * 10)
    return f"{tenths // 36000}:{tenths // 600 % 60:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"


def short_time(time_s: float) -> str:
    """Tape time to a second, for an axis: m:ss, or h:mm:ss from an hour on."""
    seconds = round(max(0.0, time_s))
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02d}"
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def length(length_s: float) -> str:
    """A length in words: 7.4 s, 3 min 20 s, 1 h 52 min."""
    if length_s < 60:
        return f"{length_s:.1f} s"
    seconds = round(length_s)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds // 60 % 60} min"
