"""Checks: sentences about published artifacts that can be false, with counter-examples.

What makes such a sentence true or false is the library's to say. A blocking one stops the line
where going on would waste work or hand out something wrong; its verdict is kept beside the
artifact, so that later runs stop there too.
"""

import warnings
from collections.abc import Callable, Sequence

import dagster as dg

from assets.clips import clips
from assets.labels import labels
from assets.predictions import predictions
from assets.proxies import proxies, read_report
from assets.segments import segments
from assets.signals import signals
from assets.sources import read_source, sources
from assets.videos import videos
from gametape.errors import GametapeError
from gametape.exports.cutlist import END_SLACK_S
from gametape.exports.manifest import read_manifest, wrong_clips
from gametape.line import STEP
from gametape.report.summary import asked_and_got, markdown_table
from gametape.soundness import (
    Row,
    gaps,
    ill_formed,
    proxy_differs,
    uncovered,
    unfitting_labels,
    unplayable,
)
from gametape.tables import read_table, segments_of
from gametape.video.cutting.proof import count_clip
from resources.store import Store
from resources.tape import Tape
from resources.verdicts import counter_example, put_verdict

MOST_EXAMPLES = 10


def _source_is_playable(tape: Tape) -> Sequence[Row]:
    """The tape shows pictures, and time passes between them."""
    return unplayable(read_source(tape))


def _proxy_matches_source(tape: Tape) -> Sequence[Row]:
    """The proxy is as long as the tape, and no frame was lost on the way."""
    frames = None
    if tape.profile.proxy.analysis:
        frames = len(count_clip(tape.path("proxies/video.mp4")).times_s)
    return proxy_differs(
        read_source(tape), read_report(tape), limit_s=tape.order.limit_s, proxy_frames=frames
    )


def _signals_cover_the_tape(tape: Tape) -> Sequence[Row]:
    """The signals have a row for every step from the tape's start to its end."""
    return uncovered(
        read_table(tape.path("signals.parquet")),
        duration_s=read_report(tape).seconds,
        rate_hz=tape.profile.signals.rate_hz,
    )


def _predictions_are_gapless(tape: Tape) -> Sequence[Row]:
    """Every moment of the tape has a score between 0 and 1."""
    table = read_table(tape.path("predictions.parquet"))
    return gaps(table, duration_s=read_report(tape).seconds)


def _segments_are_well_formed(tape: Tape) -> Sequence[Row]:
    """Segments lie on the tape, in order and apart, and each holds its play."""
    return ill_formed(
        segments_of(read_table(tape.path("segments.parquet"))),
        duration_s=read_source(tape).duration_s,
        may_overlap=tape.order.cut_list is not None,
        slack_s=END_SLACK_S,
    )


def _every_clip_is_exact(tape: Tape) -> Sequence[Row]:
    """Every clip holds the frames that were asked for, each at its own time, and no other."""
    wrong = wrong_clips(read_manifest(tape.path("manifest.json")))
    return asked_and_got([clip.cut for clip in wrong])


def _labels_fit_the_tape(tape: Tape) -> Sequence[Row]:
    """Labels lie on the tape, and no two of a kind are about the same moment."""
    return unfitting_labels(
        segments_of(read_table(tape.path("labels.parquet"))),
        duration_s=read_source(tape).duration_s,
        slack_s=END_SLACK_S,
    )


def _check(
    asset: dg.AssetsDefinition, against: Callable[[Tape], Sequence[Row]]
) -> dg.AssetChecksDefinition:
    """An asset check out of a function that finds what speaks against its sentence.

    Whether it blocks, the line says.
    """
    name = against.__name__.removeprefix("_")
    is_blocking = STEP[asset.key.path[-1]].check == name

    def judge(tape: Tape) -> tuple[Sequence[Row], str | None]:
        """What speaks against it, and what that means in a sentence."""
        sidecar = tape.sidecar(asset.key.path[-1])  # as it is before it is judged
        wrong = against(tape)
        if is_blocking and sidecar is not None:
            put_verdict(tape.folder, sidecar, check=name, wrong=wrong)
            return wrong, tape.refusal_of(sidecar) or None
        others = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return wrong, f"{counter_example(wrong[0])}{others}" if wrong else None

    def check(
        context: dg.AssetCheckExecutionContext, store: dg.ResourceParam[Store]
    ) -> dg.AssetCheckResult:
        try:
            wrong, why = judge(store.tape(context.op_execution_context.partition_key))
        except GametapeError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
        if why:
            context.log.warning(why)
        return dg.AssetCheckResult(
            passed=not wrong,
            description=why,
            metadata={"wrong": dg.MetadataValue.int(len(wrong)), **_examples(wrong)},
        )

    with warnings.catch_warnings():
        # What has partitions is a preview to Dagster, whose version is pinned; tests hold it.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.asset_check(
            asset=asset,
            name=name,
            description=against.__doc__,
            blocking=is_blocking,
            partitions_def=videos,  # so that what one tape failed is not hidden by the next
        )(check)


def _examples(wrong: Sequence[Row]) -> dict[str, dg.MetadataValue]:
    """What the UI shows of them; nothing where there are none."""
    if not wrong:
        return {}
    return {"counter_examples": dg.MetadataValue.md(markdown_table(wrong[:MOST_EXAMPLES]))}


ON_THE_LINE = (
    _check(sources, _source_is_playable),
    _check(proxies, _proxy_matches_source),
    _check(signals, _signals_cover_the_tape),
    _check(predictions, _predictions_are_gapless),
    _check(segments, _segments_are_well_formed),
    _check(clips, _every_clip_is_exact),
)
ON_TRUTH = (_check(labels, _labels_fit_the_tape),)
