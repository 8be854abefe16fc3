"""`python -m core chat` with the embedded engines: one dialogue over two pictures, in two processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.samples import find, load
from core.settings import ROOT

LAZY = ("sqlalchemy", "alembic", "spacy", "onnxruntime", "sklearn", "skimage", "rapidocr", "torch", "streamlit")


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Balls and boxes, then a cat."""
    files = []
    for key in ("shapes", "cat"):
        files.append(tmp_path / f"{key}.png")
        files[-1].write_bytes(load(find(key)))
    return files


def talk(lines: list[str], weights_dir: Path, *arguments: Any) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "core", "chat", "--json", *map(str, arguments)],
        input="\n".join(lines), capture_output=True, text=True, cwd=ROOT, timeout=180, check=False,
        env={**os.environ, "VLP_WORKBENCH_CACHE": str(weights_dir)},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    turns = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(turns) == len(lines)
    return turns


def where(turn: dict[str, Any]) -> list[tuple[int, list[float]]]:
    return [(d["picture"], d["box"]) for d in turn["detections"]]


def test_a_dialogue_over_two_pictures_and_two_processes(
    weights_dir: Path, pictures: list[Path], tmp_path: Path
) -> None:
    session = tmp_path / "chat.zip"
    first = talk(
        [
            "segment the cat",
            "how large is it?",
            "find the red circle, the green circle and the blue box in picture 1",
            "only the left one",
            "undo",
            "not that one",
        ],
        weights_dir, *pictures, "--session", session,
    )  # fmt: skip
    cat, large, shapes, left, undone, asked = first
    assert [p["name"] for p in cat["pictures"]] == ["cat.png"]
    assert (cat["status"], cat["detections"][0]["phrase"], cat["references"]) == ("done", "cat", [])
    assert cat["detections"][0]["mask_area"] > 50_000
    assert large["references"][0]["objects"] == [1]
    assert where(large) == where(cat)
    assert len(shapes["detections"]) == 4
    assert {picture for picture, _ in where(shapes)} == {1}
    assert where(left) == [min(where(shapes), key=lambda found: found[1][0])]
    assert where(undone) == where(shapes)
    assert (asked["status"], len(asked["actions"])) == ("asked", 4)
    assert where(asked) == where(shapes)

    second = talk(["2", "/pictures", "the same on picture 2", "undo", "/nonsense"], weights_dir, "--session", session)
    chosen, listed, other, back, wrong = second
    assert where(chosen) == [found for n, found in enumerate(where(shapes), 1) if n != 2]
    assert chosen["references"][0]["operation"] == "reject"
    assert [p["name"] for p in listed["pictures"]] == ["shapes.png", "cat.png"]
    assert [p["number"] for p in other["pictures"]] == [2]
    assert where(back) == where(chosen)
    assert wrong["error"]["remedy"]


def test_nothing_heavy_is_loaded_before_it_is_needed(pictures: list[Path]) -> None:
    code = (
        "import sys; from core.cli.main import main; status = main(sys.argv[1:]);"
        f"print(status, *sorted(set({LAZY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "chat", *map(str, pictures)],
        input="/pictures\n/use 1\n", capture_output=True, text=True, cwd=ROOT, timeout=60, check=True,
    )  # fmt: skip
    assert done.stderr.split() == ["0"]
    assert "* 2  cat.png" in done.stdout
