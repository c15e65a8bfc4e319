"""What a person should know of a tape before it is worked on, in plain words.

Facts come in, sentences go out; nothing is measured here.
"""

from collections.abc import Iterator, Sequence

from gametape.schema import AudioStream, Finding
from gametape.video.door.damage import END_SLACK_S
from gametape.video.facts.looks import Looks
from gametape.video.facts.rates import Rate
from gametape.video.facts.scan import Scan
from gametape.video.media import Media
from gametape.video.timebase import seconds

# Sound that ends or begins this far from the picture is missing, not rounded to its packets.
SOUND_SLACK_S = 0.4
# More pauses than this are told in one sentence.
MAX_GAPS = 10


def findings(
    media: Media, scan: Scan, looks: Looks, rate: Rate, sounds: Sequence[AudioStream]
) -> tuple[Finding, ...]:
    """All findings about a tape, those of its clock first."""
    return (
        *clock_findings(media, scan, rate),
        *look_findings(looks),
        *sound_findings(media, scan, sounds),
        *loss_findings(media, scan),
    )


def clock_findings(media: Media, scan: Scan, rate: Rate) -> Iterator[Finding]:
    """Rate, pauses, and where the tape's clock begins."""
    if rate.is_variable and rate.average is not None:
        yield Finding(
            code="variable-rate",
            message=f"frames come every {rate.shortest_s * 1000:.0f} to "
            f"{rate.longest_s * 1000:.0f} ms, {float(rate.average):.2f} a second on average",
        )
    for start_s, end_s in rate.gaps[:MAX_GAPS]:
        yield Finding(
            code="gap",
            severity="warning",
            message=f"no new frame comes for {end_s - start_s:.1f} s",
            start_s=start_s,
            end_s=end_s,
        )
    if len(rate.gaps) > MAX_GAPS:
        yield Finding(
            code="gap",
            severity="warning",
            message=f"{len(rate.gaps) - MAX_GAPS} more pauses of the picture",
            start_s=rate.gaps[MAX_GAPS][0],
            end_s=rate.gaps[-1][1],
        )
    start_s = seconds(scan.frames.start_pts, media.time_base)
    if start_s:
        yield Finding(
            code="nonzero-start",
            message=f"the file's own clock starts at {start_s:.3f} s; times here start at 0",
        )
    if scan.parts > 1:
        yield Finding(
            code="restart",
            severity="warning",
            message=f"the file's clock begins anew {scan.parts - 1} times; "
            "the parts were put one after the other",
        )
    if scan.hidden_packets:
        yield Finding(
            code="edit-list",
            message=f"an edit list hides {scan.hidden_packets} stored frames",
        )


def look_findings(looks: Looks) -> Iterator[Finding]:
    """How the picture is stored, where that is unusual."""
    if looks.rotation_deg or looks.is_mirrored:
        turn = f"turned by {looks.rotation_deg} degrees clockwise" if looks.rotation_deg else ""
        how = " and ".join(filter(None, [turn, "mirrored" if looks.is_mirrored else ""]))
        yield Finding(code="rotation", message=f"the stored picture has to be {how} to be upright")
    if looks.sample_aspect != 1:
        yield Finding(
            code="aspect",
            message=f"pixels are not square: {looks.width} x {looks.height} is shown as "
            f"{looks.display_width} x {looks.display_height}",
        )
    if looks.is_hdr:
        kind = "Dolby Vision" if looks.has_dolby_vision else looks.color_transfer
        yield Finding(code="hdr", message=f"the picture is HDR ({kind})")
    if looks.depth_bits > 8:
        yield Finding(code="bit-depth", message=f"the picture has {looks.depth_bits} bits a colour")
    if looks.is_interlaced:
        yield Finding(
            code="interlaced",
            severity="warning",
            message="the picture is interlaced: fast movement shows combs",
        )


def sound_findings(media: Media, scan: Scan, sounds: Sequence[AudioStream]) -> Iterator[Finding]:
    """Sound that is missing, extra, or not as long as the picture."""
    tracks = len(media.container.streams.audio)
    with_sound = [sound for sound in sounds if sound.duration_s]
    if not with_sound:
        reason = "its sound cannot be decoded" if tracks else "the tape has no sound"
        yield Finding(code="no-audio", severity="warning", message=reason)
        return
    if tracks > 1:
        yield Finding(
            code="several-audio", message=f"there are {tracks} sound tracks; the first is analysed"
        )
    sound = sounds[0]
    picture_s = scan.frames.duration_s
    end_s = sound.start_s + (sound.duration_s or 0.0)
    if picture_s - end_s > SOUND_SLACK_S:
        yield Finding(
            code="audio-shorter",
            severity="warning",
            message=f"the sound ends at {end_s:.1f} s of {picture_s:.1f} s",
            start_s=max(0.0, end_s),
            end_s=picture_s,
        )
    if sound.start_s > SOUND_SLACK_S:
        yield Finding(
            code="audio-late",
            severity="warning",
            message=f"the sound begins at {sound.start_s:.1f} s",
            start_s=0.0,
            end_s=sound.start_s,
        )


def loss_findings(media: Media, scan: Scan) -> Iterator[Finding]:
    """What the file says it has and does not, as far as packets alone can tell."""
    frames = scan.frames
    if scan.leading_packets:
        yield Finding(
            code="partial",
            severity="warning",
            message=f"{scan.leading_packets} frames before the first whole one cannot be decoded",
        )
    if scan.read_errors:
        yield Finding(
            code="partial",
            severity="warning",
            message=f"the container is damaged in {scan.read_errors} places",
        )
    declared = media.declared_end_pts
    if declared is None:
        return
    end_s, declared_s = frames.duration_s, seconds(declared, media.time_base, frames.start_pts)
    if declared_s - end_s > END_SLACK_S:
        yield Finding(
            code="partial",
            severity="warning",
            message=f"the picture ends at {end_s:.1f} s of {declared_s:.1f} s declared",
            start_s=end_s,
            end_s=declared_s,
        )
