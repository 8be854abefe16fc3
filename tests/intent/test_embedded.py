"""The classifier as a user meets it: trained once, kept, robust, and honest about what it lacks."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import EngineUnavailable
from core.intent import embedded
from core.intent.embedded import EmbeddedIntent
from core.registry import EngineContext
from core.settings import ROOT
from core.shared_models.minilm import MiniLM
from core.types.language import IntentName
from tests.intent.engine import small_assets, trained


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("segment the cat", IntentName.SEGMENT),
        ("segment the face", IntentName.SEGMENT),
        ("how many people are there?", IntentName.ANSWER),
        ("what does the sign say", IntentName.ANSWER),
        ("where is the red ball", IntentName.DETECT),
        ("put boxes around the cars", IntentName.DETECT),
        ("give me the mug as a transparent png", IntentName.MASK),
        ("remove the face", IntentName.INPAINT),
        ("swap the cup for a vase", IntentName.INPAINT),
        ("this is too small to print", IntentName.UPSCALE),
        ("turn this into a watercolour", IntentName.IMAGE_TO_IMAGE),
        ("draw me a castle at dawn", IntentName.TEXT_TO_IMAGE),
        ("hi there", IntentName.OTHER),
        ("what's the weather tomorrow", IntentName.OTHER),
        ("don't segment, just tell me what it is", IntentName.ANSWER),
        ("remove it, no wait, just show me where it is", IntentName.DETECT),
        ("wo ist der Hund?", IntentName.DETECT),
        ("enlève la voiture", IntentName.INPAINT),
        ("¿cuántas personas hay?", IntentName.ANSWER),
        ("recorta o cachorro", IntentName.SEGMENT),
    ],
)
def test_plain_requests(text: str, intent: IntentName) -> None:
    prediction = trained().classify([text])[0]
    assert prediction.ranked()[0][0] == intent
    assert prediction.ranked()[0][1] > 0.7
    assert prediction.note == ""


@pytest.mark.parametrize("text", ["", "   ", "🙂", "👍👍👍", "12345", "\x00\x07\x1b", "?!?!", "。。。"])
def test_a_text_without_words_is_other(text: str) -> None:
    assert trained().classify([text])[0].ranked()[0][0] == IntentName.OTHER


@pytest.fixture
def context(tmp_path: Path) -> EngineContext:
    return EngineContext(tmp_path / "cache", small_assets(tmp_path / "assets"))


@pytest.fixture
def without_minilm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also makes training short."""

    def missing(self: MiniLM, texts: object) -> None:
        raise EngineUnavailable("The package 'tokenizers' is not installed.", "Install it.")

    monkeypatch.setattr(MiniLM, "embed", missing)


def no_training(*_: object) -> None:
    raise AssertionError("trained again")


def test_the_second_start_loads_what_the_first_one_trained(
    context: EngineContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = EmbeddedIntent(context).classify(["find my keys", "enlarge it"])
    monkeypatch.setattr(embedded, "fit", no_training)
    assert EmbeddedIntent(context).classify(["find my keys", "enlarge it"]) == first


@pytest.mark.usefixtures("without_minilm")
def test_a_corrupted_cache_file_is_trained_anew(context: EngineContext) -> None:
    first = EmbeddedIntent(context).classify(["find my keys"])
    (file,) = (context.cache_dir / "intent").iterdir()
    sound = file.stat().st_size
    file.write_bytes(b"PK\x03\x04 broken")
    assert EmbeddedIntent(context).classify(["find my keys"]) == first
    assert file.stat().st_size == sound


@pytest.mark.usefixtures("without_minilm")
def test_new_utterances_train_a_new_head(context: EngineContext) -> None:
    EmbeddedIntent(context).classify(["find my keys"])
    (context.assets / "intents" / "more.csv").write_text("text,intent\nzorble the cat,mask\nzorble the dog,mask\n")
    assert EmbeddedIntent(context).classify(["zorble the dog"])[0].ranked()[0][0] == IntentName.MASK
    assert len(list((context.cache_dir / "intent").iterdir())) == 2


@pytest.mark.usefixtures("without_minilm")
def test_an_edited_utterance_trains_a_new_head(context: EngineContext) -> None:
    EmbeddedIntent(context).classify(["find my keys"])
    file = context.assets / "intents" / "seed.csv"
    file.write_bytes(file.read_bytes().replace(b"the car", b"the cat", 1))  # as long as before
    EmbeddedIntent(context).classify(["find my keys"])
    assert len(list((context.cache_dir / "intent").iterdir())) == 2


@pytest.mark.usefixtures("without_minilm")
def test_without_the_embedding_it_works_and_says_so(context: EngineContext) -> None:
    prediction = EmbeddedIntent(context).classify(["segment the dog"])[0]
    assert prediction.ranked()[0][0] == IntentName.SEGMENT
    assert "embedding missing" in prediction.note and "tokenizers" in prediction.note


@pytest.mark.usefixtures("without_minilm")
def test_a_folder_that_cannot_be_made_is_a_note(context: EngineContext) -> None:
    context.cache_dir.write_text("a file where the folder should be")
    prediction = EmbeddedIntent(context).classify(["segment the dog"])[0]
    assert prediction.ranked()[0][0] == IntentName.SEGMENT
    assert "every start trains it again" in prediction.note


@pytest.mark.usefixtures("without_minilm")
def test_a_full_disk_is_a_note_and_leaves_nothing_behind(
    context: EngineContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(stream: object, **_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    prediction = EmbeddedIntent(context).classify(["segment the dog"])[0]
    assert "No space left on device" in prediction.note
    assert list((context.cache_dir / "intent").iterdir()) == []


def test_status_names_what_is_missing(tmp_path: Path) -> None:
    status = EmbeddedIntent(EngineContext(tmp_path, tmp_path)).status()
    assert not status.ready and "utterances" in status.reason and status.remedy


def test_missing_utterances_are_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable) as caught:
        EmbeddedIntent(EngineContext(tmp_path, tmp_path)).classify(["hi"])
    assert caught.value.remedy


def test_a_kept_head_needs_no_training_library() -> None:
    trained().classify(["warm"])
    code = (
        "import sys; from core.registry import EngineContext; from core.settings import ASSETS, load_settings;"
        "from core.intent.embedded import EmbeddedIntent;"
        "engine = EmbeddedIntent(EngineContext(load_settings().cache_dir, ASSETS));"
        "built = set(sys.modules); engine.classify(['segment the dog']);"
        "assert 'onnxruntime' not in built, 'construction is cheap';"
        "bad = {'sklearn', 'scipy', 'spacy', 'torch'} & set(sys.modules); assert not bad, bad"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
