"""Timecode: frame numbers as `hh:mm:ss:ff`, with drop-frame counting at 29.97 and 59.94.

Frame numbers are exact, and so are their times; nothing here touches a float.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from gametape.errors import InputError
from gametape.exports.timeline import DROP_FRAME_RATES, TapeFacts

FORM = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})([:;.,])(\d{1,3})", re.ASCII)
CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,2}):)?(\d{1,10})(?:[.,](\d{1,12}))?", re.ASCII)
HALF = Fraction(1, 2)
WHOLE_RATES = (10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 72, 90, 96, 100, 120, 144, 200, 240)
USUAL_RATES = (
    *(Fraction(rate) for rate in WHOLE_RATES),
    *(Fraction(1000 * rate, 1001) for rate in (24, 30, 48, 60, 120, 240)),
)


def frames_of(time_s: Fraction, rate: Fraction) -> int:
    """The frame boundary nearest to a time; of two equally near ones the later."""
    return (time_s * rate + HALF).__floor__()


def time_of(frame: int, rate: Fraction) -> Fraction:
    """Time at which a frame begins, in seconds, exactly."""
    return Fraction(frame) / rate


def base_of(rate: Fraction) -> int:
    """Frames that timecode counts in a second: 24, 25, 30, 50, 60 (30 for 29.97)."""
    return max(1, (rate + HALF).__floor__())


def is_ntsc(rate: Fraction) -> bool:
    """Whether a rate is a whole number slowed by 1000/1001, like 29.97."""
    return rate.denominator != 1 and (rate * 1001 / 1000).denominator == 1


def countable_rate(rate: Fraction | None, *, where: str) -> Fraction:
    """The rate, if timecode can count it; else an error with the way out."""
    if rate is None:
        raise InputError(
            f"{where}: this format counts frames, and the tape's rate is not known. "
            "Give the tape too."
        )
    if rate.denominator != 1 and not is_ntsc(rate):
        raise InputError(
            f"{where}: timecode cannot count {rate_text(rate)} frames a second. "
            "Choose a format with seconds: csv, json or fcpxml."
        )
    return rate


def check_rate(stated: Fraction, tape: TapeFacts, *, where: str) -> None:
    """Refuse a list whose frames are counted at another rate than the tape's."""
    rate = tape.rate
    if rate is not None and nominal_rate(stated) not in (rate, nominal_rate(rate)):
        raise InputError(
            f"{where}: it counts {rate_text(stated)} frames a second, but the tape has "
            f"{rate_text(rate)}. Give the tape it was made for, or export it at the tape's rate."
        )


def nominal_rate(rate: Fraction) -> Fraction:
    """The usual rate that a measured one stands for; itself where none is near."""
    near = usual_rate(rate)
    # 29.97 and 30 lie 0.1 % apart; a float or a rounded 29.97 is off by far less.
    return near if abs(near - rate) <= near / 5000 else rate.limit_denominator(1001)


def usual_rate(rate: Fraction) -> Fraction:
    """The usual rate nearest to any: what programs count a tape of variable rate by."""
    return min(USUAL_RATES, key=lambda usual: abs(usual - rate))


@dataclass(frozen=True)
class Timecode:
    """How one tape counts: its rate, and whether two (four) numbers a minute are left out."""

    rate: Fraction
    is_drop_frame: bool = False

    def __post_init__(self) -> None:
        if self.is_drop_frame and self.rate not in DROP_FRAME_RATES:
            raise ValueError(f"there is no drop-frame timecode at {self.rate} frames a second")

    @property
    def base(self) -> int:
        """Frame numbers in a second."""
        return base_of(self.rate)

    @property
    def dropped(self) -> int:
        """Numbers left out at each minute that ten does not divide."""
        return self.base // 15 if self.is_drop_frame else 0

    @property
    def frames_a_day(self) -> int:
        """Frames from one midnight of the timecode to the next."""
        return 24 * 3600 * self.base - 24 * 54 * self.dropped

    def text(self, frame: int) -> str:
        """Frame number to text; the count begins again after 24 hours."""
        number = frame % self.frames_a_day
        if self.dropped:
            minute = 60 * self.base - self.dropped
            tens, rest = divmod(number, 10 * minute + self.dropped)
            short = max(0, rest - self.dropped) // minute  # minutes begun that drop numbers
            number += self.dropped * (9 * tens + short)
        seconds, part = divmod(number, self.base)
        minutes, second = divmod(seconds, 60)
        hour, minute_of_hour = divmod(minutes, 60)
        places = len(str(self.base - 1))
        mark = ";" if self.is_drop_frame else ":"
        return f"{hour:02d}:{minute_of_hour:02d}:{second:02d}{mark}{part:0{max(2, places)}d}"

    def frame(self, text: str, *, where: str) -> int:
        """Text to frame number; what no tape can count is an error that names it."""
        match = FORM.fullmatch(text.strip())
        if match is None:
            raise InputError(
                f"{where}: {text[:40]!r} is no timecode. Write hours, minutes, seconds and "
                "frames, like 01:02:03:04."
            )
        hour, minute, second, part = (int(match[group]) for group in (1, 2, 3, 5))
        if hour > 23 or minute > 59 or second > 59:
            raise InputError(f"{where}: {text} is no time of a day. Correct it.")
        if part >= self.base:
            raise InputError(
                f"{where}: {text} counts frame {part}, but at {rate_text(self.rate)} frames a "
                f"second the last is {self.base - 1}. Give the tape (or rate) it was made for."
            )
        minutes = 60 * hour + minute
        if part < self.dropped and second == 0 and minutes % 10:
            raise InputError(
                f"{where}: {text} does not exist in drop-frame timecode, which leaves out the "
                f"first {self.dropped} numbers of that minute. Correct it or the FCM line."
            )
        number = (60 * minutes + second) * self.base + part
        return number - self.dropped * (minutes - minutes // 10)

    def frame_on_tape(self, text: str, tape: TapeFacts, *, where: str) -> int:
        """Text to a frame counted from the tape's first, over midnight where need be."""
        number = self.frame(text, where=where)
        after = (number - tape.start_frame) % self.frames_a_day
        if number < tape.start_frame and after > self.frames_a_day // 2:
            raise InputError(
                f"{where}: {text} lies before the tape's first frame, "
                f"{self.text(tape.start_frame)}. Correct it or give the right tape."
            )
        return after


def time_of_clock(text: str, *, where: str, rate: Fraction | None = None) -> Fraction:
    """Time written as `hh:mm:ss.mmm`, `mm:ss`, plain seconds, or timecode where a rate is known."""
    word = text.strip()
    is_code = FORM.fullmatch(word) is not None and not set(".,") & set(word)
    if is_code and rate is None:
        raise InputError(
            f"{where}: {word} counts frames, and the tape's rate is not known. "
            "Give the tape too, or write seconds."
        )
    if is_code and rate is not None:
        code = Timecode(rate, is_drop_frame=";" in word and rate in DROP_FRAME_RATES)
        return time_of(code.frame(word, where=where), rate)
    match = CLOCK.fullmatch(word)
    minutes_or_seconds_pass = match is not None and (
        (match[2] is not None and int(match[3]) > 59)
        or (match[1] is not None and int(match[2]) > 59)
    )
    if match is None or minutes_or_seconds_pass:
        raise InputError(
            f"{where}: {word[:40]!r} is no time. Write seconds like 12.5, or like 01:02:03.500."
        )
    hours, minutes, whole = (int(match[group] or 0) for group in (1, 2, 3))
    part = Fraction(int(match[4]), 10 ** len(match[4])) if match[4] else Fraction(0)
    return 3600 * hours + 60 * minutes + whole + part


def clock_text(time_s: Fraction, *, mark: str = ".") -> str:
    """A time as `hh:mm:ss.mmm`, to the nearest millisecond."""
    thousandths = frames_of(time_s, Fraction(1000))
    seconds, part = divmod(thousandths, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}{mark}{part:03d}"


def rate_text(rate: Fraction) -> str:
    """A rate for people: 25, 29.97, 59.94."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")
