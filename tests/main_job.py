"""The main job as a script, for an environment that has no test tools: ask the command line, check what it says."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from core.samples import SAMPLES, load

ASKS = (
    ("cat", "segment the cat", "segment", "cat"),
    ("astronaut", "how many people are there?", "answer", "people"),
    ("astronaut", "remove the face", "inpaint", "face"),
)


def main() -> int:
    """Exit status 0 when every ask found what it asked for and wrote its files."""
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        for key, text, intent, phrase in ASKS:
            problems += check(Path(scratch), key, text, intent, phrase)
    loaded = [name for name in ("torch", "transformers") if name in sys.modules]
    problems += [f"{name} was imported" for name in loaded]
    sys.stderr.write("".join(f"{problem}\n" for problem in problems))
    return 1 if problems else 0


def check(scratch: Path, key: str, text: str, intent: str, phrase: str) -> list[str]:
    """What is wrong with one ask; nothing where it is right."""
    picture, out = scratch / f"{key}.png", scratch / f"{key}-{intent}"
    picture.write_bytes(load(next(s for s in SAMPLES if s.key == key)))
    command = [sys.executable, "-m", "core", "ask", str(picture), text, "--json", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        return [f"{text}: exit {done.returncode}: {done.stderr.strip()}"]
    told = json.loads(done.stdout)
    problems = []
    if told["intent"]["label"] != intent:
        problems.append(f"{text}: understood as {told['intent']['label']}, not {intent}")
    if phrase not in [d["phrase"] for d in told["detections"]]:
        problems.append(f"{text}: no {phrase} found")
    missing = [f for f in ("overlay.png", "coco.json", "manifest.json") if not (out / f).is_file()]
    return problems + [f"{text}: {name} was not written" for name in missing]


if __name__ == "__main__":
    sys.exit(main())
