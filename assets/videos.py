"""The partitions of the line: one per tape, added when a tape is ordered."""

import dagster as dg

videos = dg.DynamicPartitionsDefinition(name="videos")
