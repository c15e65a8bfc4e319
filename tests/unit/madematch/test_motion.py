"""People and ball move as bodies do, and the camera sees them where they are."""

import numpy as np
import pytest

from gametape.madematch.camera import look, main_camera
from gametape.madematch.match import write_script
from gametape.madematch.motion import set_in_motion
from gametape.madematch.settings import MatchSettings
from gametape.madematch.states import Pull, sample
from gametape.madematch.venues import VENUES, venue_of

SPORTS = tuple(VENUES)


@pytest.mark.parametrize("sport", SPORTS)
@pytest.mark.parametrize("difficulty", ["normal", "brutal"])
def test_nobody_runs_faster_than_people_do_or_leaves_the_grounds(
    sport: str, difficulty: str
) -> None:
    wish = MatchSettings.model_validate(
        {"sport": sport, "difficulty": difficulty, "length_s": 200, "seed": 8}
    )
    world = set_in_motion(write_script(wish), wish)
    times = np.arange(0, 200, 0.1)
    places = world.players.at(times)[:, : world.player_count, :2]
    speed = np.hypot(*np.moveaxis(np.diff(places, axis=0), 2, 0)) / 0.1
    assert speed.max() < 13.0
    venue = world.venue
    room = np.array([venue.half_x_m + venue.margin_m, venue.half_y_m + venue.margin_m])
    assert (np.abs(places) < room + 1.0).all()


def test_the_ball_of_a_volleyball_rally_crosses_above_the_net() -> None:
    wish = MatchSettings(length_s=400, seed=2)
    script = write_script(wish)
    world = set_in_motion(script, wish)
    crossings, low = 0, 0
    for play in script.plays:
        times = np.arange(play.start_s, play.end_s, 0.005)
        ball, _ = world.ball.at(times, world.players.at(times))
        sides = np.flatnonzero(np.diff(np.sign(ball[:, 1])))
        crossings += len(sides)
        low += int((ball[sides, 2] < venue_of(wish.sport).net_m - 0.1).sum())
    assert crossings > 20
    assert low <= 0.1 * crossings


@pytest.mark.parametrize("sport", SPORTS)
def test_the_same_moment_is_the_same_however_it_is_asked_for(sport: str) -> None:
    wish = MatchSettings.model_validate({"sport": sport, "length_s": 60, "seed": 4})
    world = set_in_motion(write_script(wish), wish)
    times = np.arange(0, 60, 0.25)
    whole = sample(world, times)
    part = sample(world, times[100:140])
    np.testing.assert_allclose(whole.people[100:140], part.people, atol=1e-9)
    np.testing.assert_allclose(whole.ball[100:140], part.ball, atol=1e-9)


def test_a_camera_puts_what_it_looks_at_in_the_middle() -> None:
    camera = look((3.0, -20.0, 8.0), (1.0, 2.0, 0.5), 50, 640, 360)
    at_px, depth = camera.project(np.array([[1.0, 2.0, 0.5]]))
    np.testing.assert_allclose(at_px[0], (320, 180), atol=1e-6)
    assert depth[0] > 0


def test_right_is_right_and_up_is_up() -> None:
    camera = main_camera(venue_of("soccer"), (0.0, 0.0), 640, 360)
    left, right, high = camera.project(np.array([[-5.0, 0, 0], [5, 0, 0], [5, 0, 2]]))[0]
    assert left[0] < right[0]
    assert high[1] < right[1]


def test_a_point_of_a_plane_is_where_the_same_point_in_space_is() -> None:
    camera = main_camera(venue_of("tennis"), (0.0, 0.0), 640, 360)
    plane = camera.plane(np.array([-3.0, 4.0, 0]), np.array([0.1, 0, 0]), np.array([0, -0.1, 0]))
    u, v, w = plane @ np.array([20.0, 30.0, 1.0])
    expected, _ = camera.project(np.array([[-1.0, 1.0, 0.0]]))
    np.testing.assert_allclose((u / w, v / w), expected[0], atol=1e-6)


@pytest.mark.parametrize("sport", ["football", "soccer", "basketball"])
def test_the_main_camera_keeps_the_ball_in_the_picture_while_it_is_live(sport: str) -> None:
    wish = MatchSettings.model_validate({"sport": sport, "length_s": 200, "seed": 5})
    script = write_script(wish)
    world = set_in_motion(script, wish)
    pull = Pull(world, wish.length_s)
    inside = []
    for play in script.plays:
        times = np.arange(play.start_s, play.end_s, 0.2)
        ball, _ = world.ball.at(times, world.players.at(times))
        for time_s, place in zip(times, ball, strict=True):
            camera = main_camera(world.venue, pull.at(float(time_s)), 640, 360)
            (x, y), _ = camera.project(place[None])[0][0], None
            inside.append(0 <= x < 640 and 0 <= y < 360)
    assert np.mean(inside) > 0.9
