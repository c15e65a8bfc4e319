"""Sound of clips whose picture is copied: packets of AAC as they are, every other codec anew.

A copied track starts one packet early, which winds the decoder up; the edit list hides it, and
the sound begins with the picture to the sample.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream

from gametape.video.cutting.clipform import AAC_RATES_HZ, TrackForm
from gametape.video.cutting.clipwriter import SoundLine, name_track
from gametape.video.cutting.stretch import WOBBLE_S, SoundForm
from gametape.video.gops import SoundMap

AAC_SAMPLES = 1024  # of a packet of AAC-LC
# Decoders other than AAC's need this much to be right again: reservoirs of MP3, states of Opus.
WIND_UP_S = Fraction(1, 4)
ADTS_BYTES = 7  # without its check sum
# Channels to the configuration of an AAC decoder (ISO/IEC 14496-3, table 1.19).
CHANNEL_CONFIGURATIONS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 8: 7}


@dataclass(frozen=True)
class SoundPlan:
    """Packets `first` to `last` of a track; `at`: sample of the clip at which the first begins,
    None where the track is encoded anew.
    """

    sound: SoundMap
    form: TrackForm  # as the clip has it
    first: int
    last: int  # included
    at: int | None
    zero_s: Fraction  # the clip's first picture and its end, as the tape's stamps count
    end_s: Fraction

    def row_of(self, packet: "Packet[Stream]") -> int:
        """Row of a packet in the map: the nearest, since stamps after a seek may be a tick off."""
        pts, stamps = packet.pts or 0, self.sound.pts
        row = int(np.searchsorted(stamps, pts))
        is_nearer = row > 0 and (row == len(stamps) or pts - stamps[row - 1] < stamps[row] - pts)
        return row - 1 if is_nearer else row


class ClipSound(Protocol):
    """One sound track of a clip being written."""

    def take(self, packet: "Packet[Stream]") -> None:
        """Take the next packet of the tape."""

    def close(self) -> None:
        """Write what is left."""


def plan_sound(
    sound: SoundMap, form: TrackForm, zero_s: Fraction, end_s: Fraction
) -> SoundPlan | None:
    """Which packets of a track a clip needs; None if the track has none."""
    if not len(sound.pts):
        return None
    copied = _copied_rows(sound, zero_s, end_s)
    if copied is not None:
        first, last, at = copied
        return SoundPlan(sound, form, first, last, at, zero_s, end_s)
    base = sound.time_base
    first = int(np.searchsorted(sound.pts, int((zero_s - WIND_UP_S) / base))) - 1
    last = int(np.searchsorted(sound.pts, int(end_s / base) + 1)) - 1
    return SoundPlan(sound, form, max(0, first), max(0, last), None, zero_s, end_s)


def add_sound(file: OutputContainer, track: AudioStream, plan: SoundPlan) -> ClipSound:
    """A sound track of a clip."""
    return _Anew(file, plan) if plan.at is None else _Copy(file, track, plan)


def _copied_rows(sound: SoundMap, zero_s: Fraction, end_s: Fraction) -> tuple[int, int, int] | None:
    """First and last row and the first one's place, if AAC covers a clip without a gap."""
    rate_hz, base = sound.rate_hz, sound.time_base
    if sound.codec != "aac" or sound.profile != "LC" or rate_hz not in AAC_RATES_HZ:
        return None
    if sound.channels not in CHANNEL_CONFIGURATIONS:
        return None
    first = max(0, int(np.searchsorted(sound.pts, int(zero_s / base), side="right")) - 3)
    until = int(np.searchsorted(sound.pts, int(end_s / base) + 1)) + 2
    pts = sound.pts[first:until].astype(np.float64)
    if len(pts) < 2:
        return None
    # Containers round stamps: the middle of all of them is nearer the truth than any one.
    ticks = float(base * rate_hz)
    offsets = pts * ticks - np.arange(len(pts)) * AAC_SAMPLES - float(zero_s * rate_hz)
    if float(np.ptp(offsets)) > 2 * float(WOBBLE_S) * rate_hz:
        return None
    places = np.round(np.median(offsets)).astype(np.int64) + np.arange(len(pts)) * AAC_SAMPLES
    length = round((end_s - zero_s) * rate_hz)
    begin = int(np.searchsorted(places, 0, side="right")) - 1  # the packet that holds sample 0
    end = int(np.searchsorted(places, length)) - 1
    if begin < 0 or end < begin or places[end] + 2 * AAC_SAMPLES < length:
        return None
    early = max(0, begin - 1)  # before the tape's first packet there is none
    return first + early, first + end, int(places[early])


class _Copy:
    """Packets as they are."""

    def __init__(self, file: OutputContainer, track: AudioStream, plan: SoundPlan) -> None:
        assert plan.at is not None
        self._file = file
        self._at = plan.at
        self._base = Fraction(1, plan.sound.rate_hz)
        self._length = round((plan.end_s - plan.zero_s) * plan.sound.rate_hz)
        self._track = file.add_stream_from_template(track, opaque=True)
        self._track.time_base = self._base
        # Parsers state the rate of whatever they read last: the clip's own is worked out instead.
        self._track.codec_context.bit_rate = 0
        name_track(self._track, plan.form)
        if not track.codec_context.extradata:
            self._track.codec_context.extradata = _description(track)

    def take(self, packet: "Packet[Stream]") -> None:
        """Take the next packet of the tape."""
        data = bytes(packet)
        if data[:1] == b"\xff" and data[1] & 0xF6 == 0xF0:
            data = data[ADTS_BYTES if data[1] & 1 else ADTS_BYTES + 2 :]
        copy: Packet[AudioStream] = Packet(data)  # type: ignore[assignment]
        copy.stream = self._track
        copy.time_base = self._base
        copy.pts = copy.dts = self._at
        copy.duration = max(1, min(AAC_SAMPLES, self._length - self._at))
        copy.is_keyframe = True
        self._at += AAC_SAMPLES
        self._file.mux(copy)

    def close(self) -> None:
        """Write what is left: nothing."""


class _Anew:
    """Decoded, cut to the sample, and encoded as AAC."""

    def __init__(self, file: OutputContainer, plan: SoundPlan) -> None:
        self._rate_hz = plan.form.rate_hz
        self._line = SoundLine.of(file, plan.form)
        self._form = SoundForm(plan.form.rate_hz, plan.form.layout)
        self._zero = round(plan.zero_s * self._rate_hz)
        self._length = round((plan.end_s - plan.zero_s) * self._rate_hz)

    def take(self, packet: "Packet[Stream]") -> None:
        """Take the next packet of the tape."""
        for frame in packet.decode():
            block = self._form.block(frame) if isinstance(frame, AudioFrame) else None
            if block is None:
                continue
            first = max(block.at - self._zero, 0)
            last = min(block.end - self._zero, self._length)
            if first < last:
                offset = self._zero - block.at
                self._line.put(first, block.samples[:, first + offset : last + offset])

    def close(self) -> None:
        """Fill up with silence to the clip's end."""
        self._line.pad(self._length)
        self._line.close()


def _description(track: AudioStream) -> bytes:
    """What an AAC-LC decoder must know, as MP4 stores it (ISO/IEC 14496-3, 1.6.2.1)."""
    context = track.codec_context
    bits = 2 << 11 | AAC_RATES_HZ.index(context.sample_rate) << 7
    bits |= CHANNEL_CONFIGURATIONS[context.channels] << 3
    return bits.to_bytes(2, "big")
