"""python -m tests.bench [NAME ...] --json FILE: every figure under a stable name."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import local_models, memory, page, startup, turns
from tests.bench.needs import Skipped

BENCHES: dict[str, Callable[[], dict[str, float]]] = {
    "first_paint": startup.first_paint,
    "cold_ask": startup.cold_ask,
    "first_ask": startup.first_ask,
    "warm_turn_640": turns.warm_turn_640,
    "warm_turn_12mp": turns.warm_turn_12mp,
    "threshold_change": turns.threshold_change,
    "page_rerun": page.page_rerun,
    "open_stored": page.open_stored,
    "memory_growth": memory.growth,
    "local_models": local_models.local_models,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to run: {', '.join(BENCHES)} (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to this file as well")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHES]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    figures: dict[str, float] = {}
    for name in options.names or BENCHES:
        try:
            measured = BENCHES[name]()
        except Skipped as reason:
            print(f"{name} is skipped: {reason}", file=sys.stderr)
            continue
        for key, value in measured.items():
            figures[key] = round(value, 3)
            print(f"{key:<44} {value:12.3f}", flush=True)
    if options.json:
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "machine": platform.machine()}
        options.json.write_text(json.dumps({"machine": machine, "figures": figures}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
