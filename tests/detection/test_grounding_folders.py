"""The folders of Grounding DINO: a text encoder that is whole, and code that is never run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from core.jobs import Job
from core.shared_models.source import Source
from tests.detection.test_grounding_loading import Options, engine, original, other, refused

__all__ = ["original", "other"]  # fixtures


@pytest.mark.parametrize("kept", ["vocab.txt", "tokenizer.json", ""])
def test_a_text_encoder_without_its_words_is_not_ready(original: Options, tmp_path: Path, kept: str) -> None:
    folder = tmp_path / "words"
    folder.mkdir()
    for name in filter(None, ("config.json", kept)):
        (folder / name).write_text((Path(original["text_encoder"]) / "config.json").read_text())
    told = engine("groundingdino", {**original, "text_encoder": str(folder)}, tmp_path).status()
    assert told.ready == bool(kept)
    assert kept or "vocab.txt" in told.reason


def test_download_completes_the_text_encoder(
    original: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    one = engine("groundingdino", original, tmp_path)
    monkeypatch.setattr(Source, "fetch", lambda self, job, complete=False: asked.append(complete))
    one.download(Job())
    assert asked == [True, True]


@pytest.mark.parametrize("backend", ["groundingdino", "transformers"])
def test_a_folder_with_code_of_its_own_is_refused(
    backend: str, original: Options, other: Options, tmp_path: Path
) -> None:
    key, options = ("text_encoder", original) if backend == "groundingdino" else ("model", other)
    shutil.copytree(options[key], tmp_path / "own")
    config = json.loads((tmp_path / "own/config.json").read_text())
    (tmp_path / "own/config.json").write_text(json.dumps({**config, "auto_map": {"AutoConfig": "own.Own"}}))
    assert "its own code" in str(refused(backend, {**options, key: str(tmp_path / "own")}, tmp_path))
