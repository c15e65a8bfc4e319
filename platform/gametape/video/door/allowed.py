"""What the door to media lets in: protocols, containers and decoders, by FFmpeg's own names.

Only names belong here. A container or codec that no camera, phone, broadcaster, capture card or
video site writes for a match has no business here: each one more is code that hostile bytes reach.
"""

# Nothing but files of this machine: FFmpeg may open no address, pipe, or file within a file.
PROTOCOLS = ("file",)

# Phones, cameras, editors (mov), web and OBS (matroska), broadcast and capture cards (mpegts),
# DVD and old cameras (mpeg, avi, dv), old streams (flv, asf), broadcast cameras (mxf), open
# archives (ogg). Every playlist, image sequence and network format stays outside.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
    "mpegts",
    "mpeg",
    "avi",
    "dv",
    "flv",
    "asf",
    "mxf",
    "ogg",
)

# Delivery codecs first, then editing and camera codecs, then what old tapes were digitised to.
PICTURE_DECODERS = (
    *("h264", "hevc", "vp8", "vp9", "libdav1d", "av1", "libvpx", "libvpx-vp9"),
    *("prores", "dnxhd", "cfhd", "mjpeg", "dvvideo", "ffv1"),
    *("mpeg1video", "mpeg2video", "mpegvideo", "mpeg4", "h263", "flv", "vp6", "vp6f", "theora"),
    *("msmpeg4v1", "msmpeg4v2", "msmpeg4", "wmv1", "wmv2", "wmv3", "vc1"),
)

PCM = tuple(
    f"pcm_{kind}"
    for kind in (
        *("s8", "s16le", "s16be", "s24le", "s24be", "s32le", "s32be", "u8"),
        *("f32le", "f32be", "f64le", "f64be", "alaw", "mulaw", "bluray", "dvd"),
    )
)

SOUND_DECODERS = (
    *("aac", "aac_latm", "ac3", "eac3", "dca", "truehd", "opus", "libopus", "vorbis"),
    *("mp1float", "mp1", "mp2float", "mp2", "mp3float", "mp3", "flac", "alac", "dvaudio", "s302m"),
    *("amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb"),
    *("wmav1", "wmav2", "wmapro", "adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms", "adpcm_swf"),
    *("nellymoser", "speex", "libspeex"),
    *PCM,
)

# A still in one of these beside a moving picture is its cover, whatever the container says.
STILL_DECODERS = frozenset({"mjpeg"})

ALLOWED_PICTURES = frozenset(PICTURE_DECODERS)
ALLOWED_SOUNDS = frozenset(SOUND_DECODERS)


def open_options(max_pixels: int, max_streams: int) -> dict[str, str]:
    """Options with which FFmpeg itself holds the lists and limits, before any code of ours runs."""
    return {
        "protocol_whitelist": ",".join(PROTOCOLS),
        "format_whitelist": ",".join(CONTAINERS),
        "codec_whitelist": decoder_list(),
        "max_pixels": str(max_pixels),
        "max_streams": str(max_streams),
        "enable_drefs": "0",  # a mov may name other files to read its samples from
    }


def decoder_list() -> str:
    """Every allowed decoder, as FFmpeg's `codec_whitelist` takes it."""
    return ",".join((*PICTURE_DECODERS, *SOUND_DECODERS))
