"""What a user waits for first: the first paint of the app, a cold question on the command line, the very first one."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core.samples import SAMPLES, load
from core.settings import ROOT, load_settings
from tests.bench import needs
from tests.browser.server import browser, running_app

RUNS = 5


def first_paint() -> dict[str, float]:
    """Seconds from opening the address to the title, on a server that just started, and for a second visitor."""
    needs.chromium()
    first: list[float] = []
    second: list[float] = []
    for _ in range(3):
        with (
            tempfile.TemporaryDirectory() as chats,
            running_app({"VLP_WORKBENCH_DATA": chats}) as address,
            browser() as chromium,
        ):
            for into in (first, second):
                page = chromium.new_page()
                begin = time.perf_counter()
                page.goto(address)
                page.get_by_role("heading", level=1).first.wait_for()
                into.append(time.perf_counter() - begin)
                page.close()
    return {"first_paint_s": statistics.median(first), "second_paint_s": statistics.median(second)}


def cold_ask() -> dict[str, float]:
    """One process from start to answer, all caches warm; against an interpreter that only imports the kernel."""
    needs.weights()
    with tempfile.TemporaryDirectory() as scratch:
        picture = _picture(Path(scratch))
        _ask(picture, None)  # trains the head where it is not yet
        asks = [_ask(picture, None) for _ in range(RUNS)]
    bare = [_time([sys.executable, "-c", "import core.dialogue.turn"], None) for _ in range(RUNS)]
    median = statistics.median(asks)
    return {"cold_ask_s": median, "cold_ask_to_bare_import_ratio": median / statistics.median(bare)}


def first_ask() -> dict[str, float]:
    """The same with an empty cache but for the weights: the intent head is trained."""
    needs.weights()
    with tempfile.TemporaryDirectory() as scratch:
        cache = Path(scratch) / "cache"
        shutil.copytree(load_settings().cache_dir / "weights", cache / "weights")
        return {"first_ask_s": _ask(_picture(Path(scratch)), cache)}


def _picture(folder: Path) -> Path:
    path = folder / "astronaut.png"
    path.write_bytes(load(next(s for s in SAMPLES if s.key == "astronaut")))
    return path


def _ask(picture: Path, cache: Path | None) -> float:
    return _time([sys.executable, "-m", "core", "ask", str(picture), "segment the person", "--json"], cache)


def _time(command: list[str], cache: Path | None) -> float:
    environment = {**os.environ, **({"VLP_WORKBENCH_CACHE": str(cache)} if cache else {})}
    begin = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=300)
    return time.perf_counter() - begin
