"""Grounding DINO and Segment Anything at full size with random weights: ours, the libraries' own calls, the old way."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from core.settings import ROOT
from tests.bench.needs import Skipped

SHARED = ("load_detector", "load_segmenter", "pass", "encode", "two_boxes")  # steps that both ways have
MOST_SECONDS = 1800


def local_models() -> dict[str, float]:
    """Medians of each way, and ratios of ours to the libraries' own."""
    if importlib.util.find_spec("groundingdino") is None:
        raise Skipped("the large models' libraries are not installed: pip install -r requirements.txt")
    from tests.bench import full_size

    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        full_size.grounding_dino(folder / "dino.pth", full_size.bert(folder / "bert"))
        full_size.sam(folder / "sam.pth")
        ways = {way: _timed(way, folder) for way in ("library", "ours", "given_back", "demo")}
    figures = {f"local_{way}_{name}": value for way, found in ways.items() for name, value in found.items()}
    own, theirs = ways["ours"], ways["library"]
    for step in SHARED:
        for unit in ("ms", "cpu_ms"):
            figures[f"local_ratio_{step}_{unit}"] = own[f"{step}_{unit}"] / theirs[f"{step}_{unit}"]
    figures["local_ratio_preview_to_pass"] = own["preview_ms"] / own["pass_ms"]
    figures["local_ratio_keep_memory_pass_ms"] = own["pass_ms"] / ways["given_back"]["pass_ms"]
    figures["local_ratio_keep_memory_encode_ms"] = own["encode_ms"] / ways["given_back"]["encode_ms"]
    turn = sum(own[f"{step}_ms"] for step in ("pass", "encode", "two_boxes"))
    figures["local_ratio_warm_turn_to_demo_message"] = turn / ways["demo"]["message_ms"]
    return figures


def _timed(way: str, folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.bench.local_child", way, str(folder)], cwd=ROOT,
        capture_output=True, text=True, timeout=MOST_SECONDS, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{way}: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
