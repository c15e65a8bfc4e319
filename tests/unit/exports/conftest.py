"""One tape at each rate that formats have to count right, with plays on awkward frames."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from gametape.exports.timeline import Play, TapeFacts, Timeline

RATES = [Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(50), Fraction(60000, 1001)]
FRAMES = 200_000  # over an hour at 50
SPANS = ((0, 611), (617, 1234), (1000, 1999), (100_003, 100_004), (199_001, 200_000))
TITLES = (
    "3rd & 5 <b>pass</b> --> {\\an8}TD",
    "",
    "Ärger;=#\\ am Netz",
    "two\nlines\n\nof it",
    "007",
)


def play_on(first: int, past: int, rate: Fraction, **facts: object) -> Play:
    return Play(first / rate, past / rate, **facts)  # type: ignore[arg-type]


@pytest.fixture(params=RATES, ids=lambda rate: f"{float(rate):.2f}")
def rate(request: pytest.FixtureRequest) -> Fraction:
    found: Fraction = request.param
    return found


@pytest.fixture
def timeline(rate: Fraction) -> Timeline:
    plays = [
        play_on(
            first,
            past,
            rate,
            label=("play", "rally")[number % 2],
            title=title,
            score=(None, 0.0, 87.25, 100.0, 33.3)[number],
            notes={"quarter": "007", "player": "José"} if number == 2 else {},
        )
        for number, ((first, past), title) in enumerate(zip(SPANS, TITLES, strict=True))
    ]
    return Timeline("Görlitz - Łódź", "tape one.mp4", FRAMES / rate, rate, tuple(plays))


@pytest.fixture
def facts(timeline: Timeline) -> TapeFacts:
    return TapeFacts(rate=timeline.rate, duration_s=timeline.duration_s)


@pytest.fixture
def with_plays() -> Callable[..., Timeline]:
    """Make a tape at 25 frames a second from (start_s, end_s, title) of its plays."""

    def made(*plays: tuple[float, float, str], duration_s: float = 3600) -> Timeline:
        found = tuple(Play(Fraction(a), Fraction(b), title=title) for a, b, title in plays)
        return Timeline("tape", "tape.mp4", Fraction(duration_s), Fraction(25), found)

    return made
