"""The stories of volleyball and tennis: serves, rallies, and the long pauses between them."""

from gametape.madematch.script import Contact, Script
from gametape.madematch.settings import MatchSettings
from gametape.madematch.story import Pen

# Seconds from one touch to the next in volleyball, mean and spread.
VOLLEY_FLIGHT_S = {
    "receive": (1.25, 0.15),
    "dig": (0.62, 0.1),
    "set": (1.15, 0.15),
    "spike": (1.05, 0.12),
    "floor": (0.6, 0.12),
}
TENNIS_POINTS = ("0", "15", "30", "40", "Ad")


def write_volleyball(settings: MatchSettings) -> Script:
    """Rallies with a median of 4 to 6 s and pauses of about 20 s, a whistle before and after."""
    pen = Pen(settings)
    scale = pen.gap_scale
    is_beach = settings.sport == "volleyball-beach"
    server, score, set_number = int(pen.rng.integers(2)), [0, 0], 1
    pen.score(score)
    pen.dead("walk", pen.normal(4, 1, 2, 6) * scale)
    while pen.left_s > 6:
        pen.dead("prepare", pen.normal(7, 1.5, 3.5, 11) * scale, side=server)
        # The referee lets the server serve: a short whistle, then up to three seconds.
        pen.whistle(-pen.normal(1.8, 0.6, 0.8, 3.2), 0.35)
        length_s = pen.lognormal(4.6 if is_beach else 3.9, 0.6, 1.2, 20.0)
        length_s = min(length_s, pen.left_s - 4.0)  # the last rally ends before the tape does
        if length_s < 1.2:
            break
        winner = _volley_rally(pen, server, length_s)
        score[winner] += 1
        pen.whistle(pen.normal(0.25, 0.1, 0.05, 0.6), pen.normal(0.7, 0.15, 0.4, 1.1))
        pen.swell(pen.normal(0.75, 0.2, 0.3, 1.0))
        server = winner
        if max(score) >= (21 if is_beach else 25) and abs(score[0] - score[1]) >= 2:
            score, set_number = [0, 0], set_number + 1
            pen.clock_goes(0, period=set_number)
            pen.dead("timeout", 40 * scale)
        pen.dead("celebrate", pen.normal(3.2, 0.8, 1.5, 5) * scale, side=winner)
        pen.score(score)
        if len(pen.plays) % 9 == 8:
            pen.whistle(0.2, 0.9)
            pen.dead("timeout", pen.normal(28, 4, 18, 40) * scale)
        elif pen.rng.random() < 0.45:
            pen.dead("fetch", pen.normal(10, 2.5, 5, 16) * scale, side=1 - winner)
        else:
            pen.dead("walk", pen.normal(9, 2.5, 4, 15) * scale)
    return pen.finish()


def _volley_rally(pen: Pen, server: int, length_s: float) -> int:
    """Write the touches of a rally of about this length; returns who wins it."""
    start_s = pen.now_s
    time_s, side, touches = start_s, server, [("serve", server, start_s)]

    def touch(kind: str, side: int) -> float:
        mean, spread = VOLLEY_FLIGHT_S[kind]
        after = touches[-1][2] + pen.normal(mean, spread, mean * 0.7, mean * 1.4)
        touches.append((kind, side, after))
        return after

    is_first = True
    while True:
        side = 1 - side
        if touches[-1][2] - start_s > length_s - 1.0:
            break  # the last hit is not reached any more
        time_s = touch("receive" if is_first else "dig", side)
        is_first = False
        if time_s - start_s > length_s:
            break
        touch("set", side)
        touch("spike", side)
    end_s = touch("floor", side)
    for kind, of_side, at_s in touches:
        pen.contacts.append(Contact(at_s, of_side, kind))
    pen.play("rally", end_s - start_s, side=server)
    return 1 - side


def write_tennis(settings: MatchSettings) -> Script:
    """Points of 3 to 20 s, about 20 s between them, a minute after odd games."""
    pen = Pen(settings)
    scale = pen.gap_scale
    server, games, points = int(pen.rng.integers(2)), [0, 0], [0, 0]
    pen.score(games, "0-0")
    pen.dead("walk", pen.normal(4, 1, 2, 6) * scale)
    while pen.left_s > 8:
        pen.dead("prepare", pen.normal(8, 1.5, 4, 12) * scale, side=server)
        length_s = pen.lognormal(6.5, 0.55, 2.2, 20.0)
        length_s = min(length_s, pen.left_s - 3.0)
        if length_s < 2.0:
            break
        winner = _tennis_point(pen, server, length_s)
        points[winner] += 1
        pen.swell(pen.normal(0.7, 0.2, 0.3, 1.0), 6.0)
        pen.dead("celebrate", pen.normal(3, 0.6, 2, 4.5) * scale, side=winner)
        is_game = max(points) >= 4 and abs(points[0] - points[1]) >= 2
        if is_game:
            games[winner] += 1
            points, server = [0, 0], 1 - server
            if max(games) >= 6 and abs(games[0] - games[1]) >= 2:
                games = [0, 0]
                pen.clock_goes(0, period=pen.clock[-1].period + 1)
        pen.score(games, tennis_points(points))
        if is_game and sum(games) % 2 == 1:
            pen.dead("timeout", pen.normal(60, 5, 45, 75) * scale)
        else:
            pen.dead("walk", pen.normal(9, 2, 5, 14) * scale)
    return pen.finish()


def tennis_points(points: list[int]) -> str:
    """The points of a game, home first, as an umpire says them."""
    low = min(points)
    if low >= 3:  # deuce is 40-40 however long it lasts
        points = [3 + min(1, p - low) for p in points]
    return f"{TENNIS_POINTS[points[0]]}-{TENNIS_POINTS[points[1]]}"


def _tennis_point(pen: Pen, server: int, length_s: float) -> int:
    """Write strokes and bounces of a point; returns who wins it."""
    start_s = time_s = pen.now_s
    side = server
    pen.contacts.append(Contact(time_s, side, "serve"))
    while True:
        flight_s = (
            pen.normal(1.3, 0.15, 0.95, 1.7) if side != server else pen.normal(1.0, 0.2, 0.7, 1.5)
        )
        bounce_s = time_s + flight_s * 0.62
        side = 1 - side
        pen.contacts.append(Contact(bounce_s, side, "bounce"))
        if bounce_s - start_s > length_s - 0.6:
            break
        time_s += flight_s
        pen.contacts.append(Contact(time_s, side, "stroke"))
    # The second bounce ends the point.
    end_s = bounce_s + pen.normal(0.7, 0.1, 0.5, 0.9)
    pen.contacts.append(Contact(end_s, side, "floor"))
    pen.play("point", end_s - start_s, side=server)
    return 1 - side
