"""`make bench`: every benchmark that needs no files of its own, one after another."""

import runpy
import sys

BENCHES = (
    "bench.one_pass",
    "bench.cuts",
    "bench.fusion",
    "bench.clips",
    "bench.inbox",
    "bench.plan",
    "bench.features",
    "bench.learning",
)

for name in BENCHES:
    sys.stdout.write(f"\n# python -m {name}\n\n")
    sys.stdout.flush()
    sys.argv = [name]
    try:
        runpy.run_module(name, run_name="__main__")
    except SystemExit as done:
        if done.code:
            raise
