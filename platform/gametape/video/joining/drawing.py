"""The filter graphs that encode what of a reel cannot be copied: cards, lower thirds, other forms.

A graph keeps the order and the number of frames; their stamps are given back when the reel is
written, so that no rounding of a graph's clock can move one. What is encoded was decided before.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from gametape.errors import ToolError
from gametape.profile import ClipSettings
from gametape.schema import Card
from gametape.video.cutting.encoder import ENCODER_THREADS, PLAIN, TEN_BITS, choose_encoder
from gametape.video.door.program import STILLS, graph_input, run_graph
from gametape.video.door.sniff import local_url
from gametape.video.joining.cards import Frame, ground, lower_third, title_card
from gametape.video.joining.parts import FULL, Look, Part, read_part
from gametape.video.joining.plan import Plan, Span, shown_in

if TYPE_CHECKING:
    from ffmpeg.nodes import FilterableStream

FADE_S = 0.35  # of text, in and out
UNSPECIFIED = 2
BT709, BT601, BT2020 = 1, 5, 9
HD_LINES = 720  # players take unmarked pictures of so many lines for BT.709
# A picture that needs longer is no longer worked on; a slow machine takes a tenth of it for 4K.
SECONDS_PER_SECOND = 120
# FFmpeg's words for what pixels become while a picture is laid over them.
OVERLAYS = {
    "yuv420p10le": "yuv420p10",
    "yuv422p": "yuv422",
    "yuvj422p": "yuv422",
    "yuv422p10le": "yuv422p10",
    "yuv444p": "yuv444",
    "yuvj444p": "yuv444",
}
# Turns an upright picture back to how it is stored.
TURNED_BACK = {90: ("cclock",), 180: ("clock", "clock"), 270: ("clock",)}


@dataclass(frozen=True)
class Drawer:
    """Encodes pieces of one reel, each into a file of its own in a folder."""

    plan: Plan
    settings: ClipSettings
    folder: Path

    @property
    def frame(self) -> Frame:
        """The picture as it is drawn on: upright."""
        look = self.plan.look
        if look.rotation_deg % 180:
            return Frame(look.height, look.width, 1 / look.sample_aspect)
        return Frame(look.width, look.height, look.sample_aspect)

    @property
    def card_frames(self) -> int:
        """Frames of every title card."""
        if not self.settings.reel_card_s or not any(play.card for play in self.plan.plays):
            return 0
        return max(1, round(Fraction(self.settings.reel_card_s) * self.plan.rate))

    def card(self, name: str, card: Card) -> Part:
        """A title card."""
        count = self.card_frames
        behind = self._still(name + "-ground", ground(self.frame))
        main = behind.filter("trim", end_frame=count)
        length_s = float(count / self.plan.rate)
        text = self._fading(name + "-text", title_card(card, self.frame), length_s)
        return self._encode(name, self._laid(main, text, (0, 0)), count)

    def play(self, name: str, part: Part, span: Span, card: Card | None) -> Part:
        """A stretch of a clip in the reel's form, with the play's text over its beginning.

        Within the graph each frame lasts the same; how long the text stands is counted in frames.
        """
        count = shown_in(part, span)
        before = sum(part.is_shown[: span.first])
        main = graph_input(part.path, kind=part.kind, options={"r": self.plan.rate}).video
        main = main.filter("trim", start_frame=before, end_frame=before + count)
        main = main.filter("setpts", "PTS-STARTPTS")
        if part.look != self.plan.look:
            main = self._fitted(main, part.look)
        if card is not None and before == 0 and self.settings.reel_lower_third_s:
            plate = lower_third(card, self.frame)
            if plate is not None:
                length_s = float(self._third_frames(part) / self.plan.rate)
                text = self._fading(name + "-text", plate[0], length_s)
                main = self._laid(main, text, plate[1])
        return self._encode(name, main, count)

    def _third_frames(self, part: Part) -> int:
        """Frames of a clip under its lower third."""
        until = part.first_pts + Fraction(self.settings.reel_lower_third_s) / part.time_base
        pairs = zip(part.pts, part.is_shown, strict=True)
        return sum(is_shown and pts < until for pts, is_shown in pairs)

    def _still(self, name: str, picture: Image.Image) -> "FilterableStream":
        """A picture that stands for ever."""
        path = self.folder / f"{name}.png"
        picture.save(path, compress_level=1)
        still = graph_input(path, kind=STILLS, options={"framerate": self.plan.rate})
        return still.filter("loop", loop=-1, size=1)

    def _fading(self, name: str, picture: Image.Image, length_s: float) -> "FilterableStream":
        """A picture that comes up at the beginning and is gone after so long."""
        fade_s = min(FADE_S, length_s / 3)
        still = self._still(name, picture).filter("format", "rgba")
        still = still.filter("fade", type="in", start_time=0, duration=fade_s, alpha=1)
        out_s = max(0.0, length_s - fade_s)
        return still.filter("fade", type="out", start_time=out_s, duration=fade_s, alpha=1)

    def _laid(
        self, main: "FilterableStream", text: "FilterableStream", at: tuple[int, int]
    ) -> "FilterableStream":
        ready = self._coloured(main)
        depth = OVERLAYS.get(self.plan.look.pixel_format, "yuv420")
        return ready.overlay(
            self._coloured(text), x=at[0], y=at[1], shortest=1, format=depth, eval="init"
        )

    def _coloured(self, stream: "FilterableStream") -> "FilterableStream":
        """In the reel's numbers for colours, whatever they were."""
        look = self.plan.look
        matrix = look.colour.matrix
        if matrix == UNSPECIFIED:
            matrix = BT709 if self.frame.height >= HD_LINES else BT601
        known = matrix if matrix in (BT709, BT601, BT2020) else BT601
        full = "pc" if look.colour.range == FULL else "tv"
        return stream.filter("scale", out_color_matrix=known, out_range=full)

    def _fitted(self, main: "FilterableStream", look: Look) -> "FilterableStream":
        """Another form as large as fits into the reel's, black beside it; nothing is stretched."""
        frame, aspect = self.frame, look.display_aspect
        room = Fraction(frame.width, frame.height) * frame.sample_aspect
        width = frame.width if aspect >= room else _even(frame.width * aspect / room)
        height = frame.height if aspect <= room else _even(frame.height * room / aspect)
        main = self._coloured(main.filter("scale", width, height, flags="bicubic"))
        return main.filter("pad", frame.width, frame.height, "(ow-iw)/2", "(oh-ih)/2")

    def _encode(self, name: str, main: "FilterableStream", count: int) -> Part:
        """Run the graph, which must give so many frames."""
        plan, look = self.plan, self.plan.look
        if look.is_mirrored:
            main = main.filter("hflip")
        for turn in TURNED_BACK.get(look.rotation_deg, ()):
            main = main.filter("transpose", turn)
        aspect, colour = look.sample_aspect, look.colour
        main = main.filter("format", look.pixel_format.replace("yuvj", "yuv"))
        main = main.filter("setsar", f"{aspect.numerator}/{aspect.denominator}")
        main = main.filter(
            "setparams",
            range=colour.range,
            color_primaries=colour.primaries,
            color_trc=colour.transfer,
            colorspace=colour.matrix,
            chroma_location="unspecified",  # as on cards: it would be the one difference
        )
        path = self.folder / f"{name}.mp4"
        output = main.output(local_url(path), **self._encoding())
        length_s = float(count / plan.rate)
        run_graph(output, what=name, timeout_s=60 + SECONDS_PER_SECOND * length_s)
        part = read_part(path)
        if part.frame_count != count:
            raise ToolError(
                f"{name}: {part.frame_count} frames were drawn of {count}. Cut the clips again."
            )
        return part

    def _encoding(self) -> dict[str, object]:
        """As clips are encoded, in software always: hardware's parameter sets have no numbers."""
        plan, look = self.plan, self.plan.look
        encoder = choose_encoder(
            self.settings.model_copy(update={"encoder": "software"}),
            size=(look.width, look.height),
            pixel_format=TEN_BITS if look.codec == "hevc" else PLAIN,
            rate=plan.rate,
        )
        options: dict[str, object] = {
            "f": "mp4",
            "vcodec": encoder.name,
            "r": f"{plan.rate.numerator}/{plan.rate.denominator}",
            "fps_mode": "cfr",
            "threads": ENCODER_THREADS,
            "map_metadata": -1,
            "fflags": "+bitexact",
            "flags": "+bitexact",
            **dict(encoder.options),
        }
        if look.codec == "h264":
            options["x264-params"] = f"sps-id={plan.sets_number}"
        if encoder.tag is not None:
            options["tag:v"] = encoder.tag
        return options


def _even(value: Fraction) -> int:
    return max(2, 2 * round(value / 2))
