"""Checks: sentences about published artifacts that can be false, with counter-examples.

What makes such a sentence true or false is the library's to say.
"""

import dagster as dg

from assets.clips import clips
from gametape.errors import GametapeError
from gametape.exports.manifest import read_manifest, wrong_clips
from gametape.report.summary import asked_and_got, markdown_table
from resources.store import Store

MOST_EXAMPLES = 10


@dg.asset_check(asset=clips, blocking=True)
def every_clip_is_exact(
    context: dg.AssetCheckExecutionContext, store: dg.ResourceParam[Store]
) -> dg.AssetCheckResult:
    """Every clip holds the frames that were asked for, each at its own time, and no other."""
    try:
        tape = store.tape(context.op_execution_context.partition_key)
        manifest = read_manifest(tape.path("manifest.json"))
    except GametapeError as error:
        raise dg.Failure(str(error), allow_retries=False) from error
    wrong = wrong_clips(manifest)
    examples = asked_and_got([clip.cut for clip in wrong[:MOST_EXAMPLES]])
    return dg.AssetCheckResult(
        passed=not wrong,
        description=f"{len(manifest.clips) - len(wrong)} of {len(manifest.clips)} clips are exact.",
        metadata={
            "clips": dg.MetadataValue.int(len(manifest.clips)),
            "wrong": dg.MetadataValue.int(len(wrong)),
            "counter_examples": dg.MetadataValue.md(markdown_table(examples)),
        },
    )
