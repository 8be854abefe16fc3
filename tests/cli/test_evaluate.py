"""`evaluate-*`: figures as JSON for scripts and as text for people, from the engines of the settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.cli import evaluate_detection, evaluate_language
from core.settings import Settings
from tests.cli.conftest import Run
from tests.evaluation.test_detection import LEFT, SeesPictures, annotation, truth_file
from tests.fakes import FakeIntent, FakeKeywords, FakeSegmenter

FAKES: dict[str, Any] = {"intent": FakeIntent(), "keywords": FakeKeywords(), "segmentation": FakeSegmenter()}


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    ports = {**FAKES, "detection": SeesPictures({0: (("cat", LEFT, 0.9),)})}

    def build_port(settings: Settings, port: str) -> Any:
        return ports[port]

    monkeypatch.setattr(evaluate_detection, "build_port", build_port)
    monkeypatch.setattr(evaluate_language, "build_port", build_port)
    return ports


def test_intents(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "exam.csv"
    file.write_text(
        "text,intent\nsegment the Bär,segment\nhow many dogs,answer\nfind the dog,segment\n", encoding="utf-8"
    )
    done = run("evaluate-intents", file, "--json")
    assert (done.status, done.err) == (0, "")
    report = json.loads(done.out)
    assert {"accuracy", "macro_f1", "ece", "ms", "confusions"} <= set(report)
    assert report["accuracy"] == pytest.approx(2 / 3)
    assert report["confusions"] == [{"intent": "segment", "predicted": "detect", "count": 1}]
    people = run("evaluate-intents", file).out
    assert "accuracy  0.667" in people
    assert "segment taken for detect (1.00): find the dog" in people


def test_phrases(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "exam.csv"
    file.write_text("text,targets\nsegment the dog and the cat,dog;cat\nfind the red ball,ball\n")
    report = json.loads(run("evaluate-phrases", file, "--json").out)
    assert (report["precision"], report["recall"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert report["f1"] == pytest.approx(2 / 3)
    people = run("evaluate-phrases", file).out
    assert "find the red ball: missed ball; wrong red ball" in people


def test_detection(run: Run, tmp_path: Path) -> None:
    polygon = [[0, 0, 20, 0, 20, 20, 0, 20]]
    file = truth_file(tmp_path, [annotation(0, 0, LEFT, segmentation=polygon)], ("cat",))
    report = json.loads(run("evaluate-detection", tmp_path, file, "--json").out)
    assert (report["ap50"], report["precision"], report["recall"]) == (pytest.approx(1.0), 1.0, 1.0)
    assert report["mask_iou"] == pytest.approx(1.0)
    assert report["categories"][0]["name"] == "cat"
    people = run("evaluate-detection", tmp_path, file).out
    assert "mask_iou    1.000" in people
    assert "everything listed" in people


def test_what_was_not_evaluated_is_told(run: Run, tmp_path: Path, fakes: dict[str, Any]) -> None:
    fakes["detection"].unknown = ("unicorn",)
    file = truth_file(tmp_path, [annotation(0, 0, LEFT), annotation(0, 1, LEFT)], ("cat", "unicorn"))
    report = json.loads(run("evaluate-detection", tmp_path, file, "--json").out)
    assert report["not_evaluated"][0][0] == "unicorn"
    assert report["mask_iou"] is None
    assert "not evaluated: unicorn" in run("evaluate-detection", tmp_path, file).out


def test_a_file_of_truth_that_is_wrong_is_one_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "truth.json"
    file.write_text("{}")
    done = run("evaluate-detection", tmp_path, file)
    assert done.status == 2
    assert len(done.err.splitlines()) == 1
    assert "truth.json" in done.err
