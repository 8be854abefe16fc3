"""Zero-shot intents by the real transformers library on a tiny checkpoint of random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import Cancelled, EngineUnavailable, SettingsError
from core.intent import entailment
from core.intent.wordings import WORDINGS
from core.intent.zero_shot import ZeroShotIntent
from core.jobs import Job, running
from core.registry import BACKENDS, EngineContext, build
from core.settings import ASSETS
from core.types.language import INTENTS, IntentName
from tests.checkpoints.distilbert import SENTIMENT, tiny_distilbert_folder

DEFAULTS = BACKENDS["intent", "zero_shot"].options
TEXTS = ("segment the brown dog", "remove the sign and fill the gap", "how many people are there?")


def made(tmp_path: Path, **options: Any) -> ZeroShotIntent:
    engine: ZeroShotIntent = build("intent", "zero_shot", {**DEFAULTS, **options}, EngineContext(tmp_path, ASSETS))
    return engine


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    return tiny_distilbert_folder(tmp_path_factory.mktemp("nli") / "tiny-nli")


@pytest.fixture(scope="module")
def engine(folder: Path) -> ZeroShotIntent:
    return made(folder, model=str(folder), device="cpu")


def library(folder: Path, text: str, labels: list[str], template: str) -> dict[str, float]:
    """What transformers itself says."""
    from transformers import pipeline

    found = pipeline("zero-shot-classification", model=str(folder))(
        text, candidate_labels=labels, hypothesis_template=template
    )
    return dict(zip(found["labels"], found["scores"], strict=True))


def test_scores_are_the_librarys_own(folder: Path, engine: ZeroShotIntent) -> None:
    predictions = engine.classify(TEXTS)
    assert len({prediction.scores for prediction in predictions}) == len(TEXTS)
    for text, prediction in zip(TEXTS, predictions, strict=True):
        expected = library(folder, text, list(WORDINGS.values()), DEFAULTS["template"])
        assert max(prediction.scores) - min(prediction.scores) > 0.01  # the wordings differ
        assert prediction.scores == pytest.approx([expected[WORDINGS[intent]] for intent in INTENTS], abs=1e-6)
        assert prediction.engine == "zero_shot/tiny-nli"
        assert "not calibrated" in prediction.note


def test_own_template_and_wordings_reach_the_library(folder: Path) -> None:
    labels = {"answer": "a question", "other": "small talk, or a greeting"}
    engine = made(folder, model=str(folder), template="It is {}!", labels=labels)
    said = {**WORDINGS, IntentName.ANSWER: labels["answer"], IntentName.OTHER: labels["other"]}
    expected = library(folder, TEXTS[0], list(said.values()), "It is {}!")
    assert engine.classify(TEXTS[:1])[0].scores == pytest.approx([expected[said[i]] for i in INTENTS], abs=1e-6)


@pytest.mark.parametrize("top_k", [1, 3, 8])
def test_top_k_asks_as_if_the_others_were_not_there(folder: Path, engine: ZeroShotIntent, top_k: int) -> None:
    whole = engine.classify(TEXTS[:1])[0].ranked()
    best = [intent for intent, _ in whole[:top_k]]
    found = made(folder, model=str(folder), top_k=top_k).classify(TEXTS[:1])[0]
    assert [intent for intent, score in found.ranked() if score > 0] == best
    assert sum(found.scores) == pytest.approx(1)
    if top_k > 1:
        alone = library(folder, TEXTS[0], [WORDINGS[intent] for intent in best], DEFAULTS["template"])
        assert dict(found.ranked())[best[1]] == pytest.approx(alone[WORDINGS[best[1]]], abs=1e-6)


def test_a_long_request_is_cut_where_the_tokenizer_does_not_say_so(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    folder = tiny_distilbert_folder(tmp_path / "tiny", says_its_limit=False)
    engine = made(tmp_path, model=str(folder))
    cut, longer = engine.classify(["segment the dog " * 1250, "segment the dog " * 1200 + "remove the sign " * 50])
    assert cut == longer
    assert cut != engine.classify(["segment the dog"])[0]


def test_a_checkpoint_of_sentiment_is_refused_before_anything_is_ranked(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    engine = made(tmp_path, model=str(tiny_distilbert_folder(tmp_path / "sst", SENTIMENT)))
    status = engine.status()
    assert not status.ready and "NEGATIVE, POSITIVE" in status.reason and "MNLI" in status.remedy
    with pytest.raises(EngineUnavailable, match="entailment"):
        engine.classify(["segment the dog"])
    assert not engine.model.memory


def test_labels_in_one_table_only_are_enough(tmp_path: Path) -> None:
    """Lower case and another order too, as in facebook/bart-large-mnli; without `label2id` as some write it."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    folder = tiny_distilbert_folder(tmp_path / "nli", ("contradiction", "neutral", "entailment"))
    expected = made(tmp_path, model=str(folder)).classify(TEXTS)
    config = json.loads((folder / "config.json").read_text())
    del config["label2id"]
    (folder / "config.json").write_text(json.dumps(config))
    assert [p.scores for p in made(tmp_path, model=str(folder)).classify(TEXTS)] == [p.scores for p in expected]


def test_a_checkpoint_without_its_head_names_what_is_missing(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from safetensors.torch import load_file, save_file

    folder = tiny_distilbert_folder(tmp_path / "headless")
    file = folder / "model.safetensors"
    kept = {name: tensor for name, tensor in load_file(file).items() if not name.startswith("classifier")}
    save_file(kept, file, {"format": "pt"})
    with pytest.raises(EngineUnavailable, match=r"classifier\.weight"):
        made(tmp_path, model=str(folder)).classify(["segment the dog"])


def test_loading_unloading_and_where_nothing_is(tmp_path: Path, folder: Path) -> None:
    engine = made(tmp_path, model=str(folder))
    assert engine.status().ready and engine.status().details["state"] == "not loaded"
    before = engine.classify(TEXTS)
    assert engine.status().details["state"] == "loaded"
    engine.download(Job())
    assert engine.unload() > 0 and engine.status().details["state"] == "not loaded"
    assert engine.classify(TEXTS) == before
    nowhere = made(tmp_path, model=str(tmp_path / "nowhere"))
    assert not nowhere.status().ready and nowhere.status().remedy
    with pytest.raises(EngineUnavailable):
        nowhere.classify(["segment the dog"])
    assert nowhere.classify([]) == []


def test_a_damaged_configuration_is_said(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    (tmp_path / "config.json").write_text("[1, 2")
    status = made(tmp_path, model=str(tmp_path)).status()
    assert not status.ready and "config.json" in status.reason


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"labels": {"sing": "sing a song"}}, "text_to_image"),
        ({"labels": {"answer": 3}}, "labels.answer"),
        ({"labels": {"answer": "  "}}, "labels.answer"),
        ({"labels": {"answer": "x" * 201}}, "labels.answer"),
        ({"labels": {"answer": WORDINGS[IntentName.DETECT].upper()}}, "both called"),
        ({"template": "This request asks for something."}, "{}"),
        ({"template": "{} or {}"}, "{}"),
        ({"template": "This {request} asks to {}."}, "{}"),
        ({"template": ""}, "template"),
        ({"top_k": 0}, "from 1 to 9"),
        ({"top_k": 10}, "from 1 to 9"),
        ({"top_k": True}, "from 1 to 9"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_at_once(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        made(tmp_path, **options)
    assert said in str(caught.value) and caught.value.remedy


def test_every_intent_has_a_wording_that_completes_the_template() -> None:
    assert set(WORDINGS) == set(INTENTS)
    assert all(not wording.endswith(".") and wording[0].islower() for wording in WORDINGS.values())


def test_stop_reaches_the_model_though_it_is_handed_no_job(engine: ZeroShotIntent) -> None:
    assert engine.classify(["segment the dog"])
    job = Job()
    job.cancel()
    with running(job), pytest.raises(Cancelled):
        engine.classify(["segment the dog"])
    assert engine.classify(["segment the dog"])


def test_a_checkpoint_with_code_of_its_own_is_refused(tmp_path: Path) -> None:
    config = {"label2id": {"entailment": 0}, "auto_map": {"AutoConfig": "own.Own"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(EngineUnavailable, match="its own code"):
        entailment.check(tmp_path)
