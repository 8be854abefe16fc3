"""`ask`: what a script reads, what a person reads, and what is written."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.cli import ask, console
from core.dialogue.engines import Engines
from core.errors import EngineUnavailable
from core.jobs import Job
from core.pictures import encode_png
from core.types.boxes import Proposals
from core.types.image import ImageAsset
from tests.cli.conftest import LEFT, PETS, RIGHT, Run
from tests.fakes import FakeDetector, FakeSegmenter, fake_engines

FIELDS = {
    *("intent", "phrases", "detections", "suggestions", "answer", "status", "engines", "timings_ms", "files"),
    "warnings",
}  # fmt: skip
DETECTION = {"phrase", "basis", "checks", "score", "box", "mask_area", "engine"}

pytestmark = pytest.mark.usefixtures("engines")


def told(out: str) -> dict[str, Any]:
    """Stdout is one JSON object and nothing else."""
    result: dict[str, Any] = json.loads(out)
    return result


def test_json_has_every_field_and_stands_alone(run: Run, grey: Path) -> None:
    done = run("ask", grey, "segment the dog", "--json")
    assert (done.status, done.err) == (0, "")
    turn = told(done.out)
    assert set(turn) >= FIELDS
    assert turn["intent"]["label"] == "segment"
    assert set(turn["intent"]["scores"]) >= {"segment", "answer", "other"}
    assert turn["phrases"] == ["dog"]
    (detection,) = turn["detections"]
    assert set(detection) >= DETECTION
    assert (detection["box"], detection["mask_area"], detection["basis"]) == (list(LEFT), 900, "class")
    assert turn["answer"] == "segment: 1 dog."
    assert (turn["status"], turn["files"]) == ("done", {})


def test_letters_of_every_language_are_written_as_they_are(run: Run, grey: Path) -> None:
    done = run("ask", grey, "segment the Bär 🐻", "--json")
    assert "Bär 🐻" in done.out
    assert told(done.out)["text"] == "segment the Bär 🐻"


def test_people_read_the_answer_the_table_and_why(run: Run, grey: Path) -> None:
    done = run("ask", grey, "segment the dog and the zebra")
    assert done.status == 0
    assert done.out.startswith("segment: 1 dog")
    for words in ("10,10,40,40", "900", "9.4", "top left", "intent", "segment 1.00", "phrases", "class 0.25", "ms "):
        assert words in done.out, words


def test_everything_is_written_where_asked(run: Run, grey: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    done = run("ask", grey, "remove the dog", "--json", "--out", out)
    files = told(done.out)["files"]
    names = {"overlay.png", "index.png", "coco.json", "objects.csv", "manifest.json", "edited.png"}
    assert set(files) >= {*names, "masks/01_dog.png", "cutouts/01_dog.png"}
    assert all(Path(path) == out / name and Path(path).is_file() for name, path in files.items())
    assert {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()} == set(files), "and nothing is left over"
    mask = cv2.imread(str(out / "masks/01_dog.png"), cv2.IMREAD_UNCHANGED)
    assert np.count_nonzero(mask) == 900


def test_an_earlier_turns_masks_are_pointed_out(run: Run, grey: Path, tmp_path: Path) -> None:
    run("ask", grey, "segment the dog", "--out", tmp_path / "o")
    done = run("ask", grey, "segment the cat", "--json", "--out", tmp_path / "o")
    (warning,) = [w for w in told(done.out)["warnings"] if "earlier" in w]
    assert "masks/01_dog.png" in warning
    assert "01_cat" not in warning
    again = run("ask", grey, "segment the cat", "--json", "--out", tmp_path / "p")
    assert not [w for w in told(again.out)["warnings"] if "earlier" in w]


def test_thresholds_of_the_command_line_hold(run: Run, grey: Path, engines: Engines) -> None:
    shown = [
        len(told(run("ask", grey, "find the cat", "--json", *more).out)["detections"])
        for more in ((), ("--box", "0.5"))
    ]
    assert shown == [1, 0]
    numbers = told(run("ask", grey, "find the cat", "--json", "--box", "1", "--text", "0.3").out)["thresholds"]
    assert (numbers["box"], numbers["text"]) == (1.0, 0.3)


def test_a_settings_file_holds_and_the_command_line_is_stronger(run: Run, grey: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[thresholds]\nbox = 0.5\nmask_cut = 0.6\n")
    assert told(run("ask", grey, "find the cat", "--json", "--settings", file).out)["thresholds"]["mask_cut"] == 0.6
    both = told(run("ask", grey, "find the cat", "--json", "--settings", file, "--box", "0.1").out)
    assert (both["thresholds"]["box"], len(both["detections"])) == (0.1, 1)


def test_boxes_of_ones_own(run: Run, grey: Path) -> None:
    done = run("ask", grey, "segment this", "--json", "--use-box", "0,0,120,80", "--use-box", "1,2,3,4.5")
    turn = told(done.out)
    assert [d["box"] for d in turn["detections"]] == [[0, 0, 120, 80], [1, 2, 3, 4.5]]
    assert {d["basis"] for d in turn["detections"]} == {"user"}


def test_a_question_back_is_no_error(run: Run, grey: Path) -> None:
    done = run("ask", grey, "maybe the dog", "--json")
    assert done.status == 0
    turn = told(done.out)
    assert turn["status"] == "asked"
    assert turn["actions"]
    people = run("ask", grey, "maybe the dog")
    assert "Which of these" in people.out
    assert "* " in people.out


def test_a_turn_that_fails_says_so_in_json_and_on_stderr(run: Run, grey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = EngineUnavailable("The weights are missing.", "Fetch them.")
    monkeypatch.setattr(ask, "assemble", lambda settings: fake_engines(detector=FakeDetector(error=missing)))
    done = run("ask", grey, "segment the dog", "--json")
    assert done.status == 2
    assert told(done.out)["status"] == "failed"
    assert done.err == "error: The weights are missing. Fetch them.\n"
    people = run("ask", grey, "segment the dog")
    assert (people.status, people.out, people.err) == (2, "", done.err)


def test_what_the_door_did_to_the_picture_is_said(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "clear.png"
    file.write_bytes(encode_png(np.zeros((80, 120, 4), np.uint8)))
    assert any("white" in warning for warning in told(run("ask", file, "segment the dog", "--json").out)["warnings"])
    assert "white" in run("ask", file, "segment the dog").out


def test_a_step_that_breaks_is_a_warning_where_the_rest_was_done(
    run: Run, grey: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = EngineUnavailable("No mask head.", "Restore it.")
    monkeypatch.setattr(ask, "assemble", lambda settings: fake_engines(PETS, segmenter=FakeSegmenter(error=broken)))
    done = run("ask", grey, "segment the dog", "--json")
    assert done.status == 0
    assert done.err == "warning: No mask head. Restore it. So objects that have no mask yet are shown as boxes.\n"
    assert [d["box"] for d in told(done.out)["detections"]] == [list(LEFT)]


def test_ctrl_c_stops_the_turn_and_keeps_what_was_measured(
    run: Run, grey: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(FakeSegmenter):
        def segment(self, image: ImageAsset, prompts: Sequence[Any], job: Job) -> Any:
            os.kill(os.getpid(), signal.SIGINT)
            return super().segment(image, prompts, job)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(ask, "assemble", lambda settings: fake_engines(PETS, segmenter=Interrupted()))
    done = run("ask", grey, "segment the dog and the cat", "--json")
    assert done.status == console.STOPPED
    turn = told(done.out)
    assert turn["status"] == "stopped"
    assert [d["box"] for d in turn["detections"]] == [list(LEFT), list(RIGHT)]
    assert signal.getsignal(signal.SIGINT) is before


def test_the_time_limit_of_the_settings_holds(
    run: Run, grey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(FakeDetector):
        def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
            assert job.deadline is not None
            job.deadline -= 3600
            return super().propose(image, phrases, job)

    monkeypatch.setattr(ask, "assemble", lambda settings: fake_engines(detector=Slow(PETS)))
    done = run("ask", grey, "segment the dog")
    assert done.status == 2
    assert "turn_seconds" in done.err


def test_progress_is_for_terminals_only(run: Run, grey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("ask", grey, "segment the dog").err == ""
    monkeypatch.setattr(console, "_is_terminal", lambda: True)
    shown = run("ask", grey, "segment the dog")
    assert "Looking for dog" in shown.err
    assert shown.err.endswith(console.CLEAR_LINE)
    assert console.CLEAR_LINE not in shown.out
