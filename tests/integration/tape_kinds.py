"""The kinds of tapes that clips are proved on; how they are made is in `exact_tapes`."""

from fractions import Fraction

from tests.integration.exact_tapes import COUNT, Sound, Tape, evenly, options

TICK = Fraction(1, 90_000)
NTSC = Fraction(30_000, 1001)
VARIABLE = tuple(int(n * 40 + 9 * (n % 5) + (200 if n > 30 else 0)) for n in range(COUNT))


def x265(more: str = "") -> tuple[tuple[str, str], ...]:
    words = f"keyint=24:min-keyint=24:bframes=2:log-level=none:pools=none:frame-threads=1{more}"
    return (("preset", "ultrafast"), ("crf", "12"), ("x265-params", words))


PLAIN = Tape("plain")
TAPES = [
    PLAIN,
    Tape("open-gop", options=options("keyint=24:min-keyint=24:open-gop=1:bframes=3")),
    Tape(
        "pyramid",
        options=options("keyint=30:min-keyint=30:bframes=5:b-adapt=0:b-pyramid=normal:ref=4"),
    ),
    Tape("one-gop", options=options(g="1000")),
    Tape("all-key", options=options(g="1", bf="0")),
    *(
        Tape(f"rate-{name}", rate=rate, time_base=TICK, stamps=evenly(rate))
        for name, rate in {
            "23.976": Fraction(24_000, 1001),
            "29.97": NTSC,
            "30": Fraction(30),
            "50": Fraction(50),
            "59.94": Fraction(60_000, 1001),
        }.items()
    ),
    Tape("mkv-29.97", suffix=".mkv", rate=NTSC, sounds=(Sound("flac"),)),
    Tape("variable", time_base=Fraction(1, 1000), stamps=VARIABLE),
    Tape("variable-mkv", suffix=".mkv", time_base=Fraction(1, 1000), stamps=VARIABLE),
    Tape("late-start", stamps=tuple(range(75, 75 + COUNT)), findings=frozenset({"nonzero-start"})),
    Tape("trimmed", stamps=tuple(range(-10, COUNT)), findings=frozenset({"edit-list"})),
    Tape("turned-90", rotation_deg=90),
    Tape("turned-180", rotation_deg=180),
    Tape("turned-270", rotation_deg=270),
    Tape("mirrored", is_mirrored=True),
    Tape("turned-mirrored", rotation_deg=90, is_mirrored=True),
    Tape("ts", suffix=".ts", time_base=TICK, stamps=evenly(Fraction(25))),
    Tape(
        "ts-restart",
        suffix=".ts",
        stamps=tuple(range(40)),
        parts=2,
        findings=frozenset({"restart"}),
    ),
    Tape(
        "ts-jump",
        suffix=".ts",
        stamps=(*range(40), *range(165, 205)),
        findings=frozenset({"gap"}),
    ),
    Tape(
        "ts-wrap",
        suffix=".ts",
        time_base=TICK,
        stamps=evenly(Fraction(25), start_s=Fraction((1 << 33) - 90_000, 90_000)),
    ),
    Tape("sound-short", sounds=(Sound(end_s=1.3),)),
    Tape("sound-late", suffix=".mkv", sounds=(Sound(start_s=0.9),)),
    Tape("no-sound", sounds=()),
    Tape(
        "three-sounds",
        suffix=".mkv",
        sounds=(
            Sound(names=(("language", "eng"), ("title", "Commentary"))),
            Sound("ac3", layout="5.1", names=(("language", "deu"), ("title", "Saal")), seed=8),
            Sound("flac", rate_hz=44_100, layout="mono", start_s=0.5, end_s=1.8, seed=9),
        ),
    ),
    Tape("three-sounds-mp4", sounds=(Sound(), Sound(seed=8), Sound(layout="mono", seed=9))),
    Tape("hevc", codec="libx265", options=x265()),
    Tape("hevc-open", codec="libx265", options=x265(":open-gop=1")),
    Tape(
        "vp9",
        suffix=".webm",
        codec="libvpx-vp9",
        options=(("crf", "12"), ("deadline", "realtime"), ("cpu-used", "8"), ("g", "24")),
        sounds=(Sound("libopus"),),
    ),
    Tape(
        "av1",
        suffix=".mkv",
        codec="libsvtav1",
        options=(("preset", "12"), ("crf", "14"), ("g", "24"), ("svtav1-params", "lp=1")),
        sounds=(Sound("libopus"),),
    ),
    Tape(
        "mpeg2",
        suffix=".ts",
        codec="mpeg2video",
        options=(("bf", "2"), ("g", "15"), ("qmin", "1"), ("qmax", "3")),
        sounds=(Sound("mp2"),),
    ),
    Tape(
        "prores",
        suffix=".mov",
        codec="prores_ks",
        options=(),
        pixel_format="yuv422p10le",
        sounds=(Sound("pcm_s16le", layout="4.0"),),
    ),
    Tape("h264-10-bit", pixel_format="yuv420p10le"),
    Tape(
        "hevc-hdr",
        codec="libx265",
        options=x265(
            ":master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)"
            "L(10000000,50):max-cll=1000,400"
        ),
        pixel_format="yuv420p10le",
        colour=(1, 9, 16, 9),
    ),
    Tape(
        "odd-size", suffix=".mkv", codec="ffv1", options=(), size=(97, 161), sounds=(Sound("flac"),)
    ),
    Tape("anamorphic", aspect=Fraction(4, 3), colour=(1, 1, 1, 1)),
    Tape("full-range", pixel_format="yuvj420p", colour=(2, 1, 1, 1)),
]
BY_NAME = {tape.name: tape for tape in TAPES}
