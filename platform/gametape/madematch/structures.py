"""What stands on a field: goals, posts, hoops. Nets across the middle are painted by `figures`."""

import numpy as np

from gametape.madematch.camera import Floats
from gametape.madematch.venues import Color, Venue


def structures_of(venue: Venue) -> list[tuple[Floats, Color, float]]:
    """Lines in space (k, 3) with colour and thickness in metres; the field's length says which."""
    half_x_m, net_m = venue.half_x_m, venue.net_m
    if net_m:
        return []
    lines: list[tuple[Floats, Color, float]] = []
    for end in (-1, 1):
        x = end * half_x_m
        if half_x_m > 54:  # football
            bar, up = 3.05, 10.0
            lines.append((np.array([[x, 0, 0], [x, 0, bar]]), (40, 210, 240), 0.25))
            fork = [[x, -2.82, up], [x, -2.82, bar], [x, 2.82, bar], [x, 2.82, up]]
            lines.append((np.array(fork), (40, 210, 240), 0.15))
        elif half_x_m > 40:  # soccer
            frame = [[x, -3.66, 0], [x, -3.66, 2.44], [x, 3.66, 2.44], [x, 3.66, 0]]
            lines.append((np.array(frame), (245, 245, 245), 0.14))
            back = x + end * 1.8
            for y in np.linspace(-3.66, 3.66, 7):
                mesh = np.array([[x, y, 2.44], [back, y, 0.0]])
                lines.append((mesh, (200, 200, 200), 0.03))
        else:  # basketball
            board = x - end * 1.2
            pole = [[x + end * 1.0, 0, 0], [x + end * 1.0, 0, 3.2], [board, 0, 3.3]]
            lines.append((np.array(pole), (60, 60, 60), 0.18))
            edge = [[board, -0.9, 2.9], [board, 0.9, 2.9], [board, 0.9, 3.95],
                    [board, -0.9, 3.95], [board, -0.9, 2.9]]  # fmt: skip
            lines.append((np.array(edge), (240, 240, 240), 0.08))
            angle = np.linspace(0, 2 * np.pi, 13)
            ring = np.column_stack(
                [board - end * 0.38 + 0.23 * np.cos(angle), 0.23 * np.sin(angle), 0 * angle + 3.05]
            )
            lines.append((ring, (40, 90, 240), 0.04))
    return lines
