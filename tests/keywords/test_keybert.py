"""Phrases by KeyBERT, with the bundled MiniLM and with a tiny sentence-transformers model of random weights."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core.errors import EngineUnavailable, SettingsError
from core.jobs import Job
from core.keywords.keybert import KeyBertKeywords
from core.keywords.ngrams import named, offered
from core.packing import pack, unpack
from core.registry import BACKENDS, EngineContext, build
from core.settings import ASSETS, ROOT
from core.types.language import OUTRANKED, Filter, FilterKind, Keywords, Phrase
from tests.checkpoints.sentence_model import tiny_sentence_folder

DEFAULTS = BACKENDS["keywords", "keybert"].options
SEVEN = "find a cup, a plate, a spoon, a fork, a knife, a glass and two chairs"


def made(**options: Any) -> KeyBertKeywords:
    engine: KeyBertKeywords = build("keywords", "keybert", {**DEFAULTS, **options}, EngineContext(ROOT, ASSETS))
    return engine


@pytest.fixture(scope="module")
def bundled() -> KeyBertKeywords:
    pytest.importorskip("keybert")
    return made()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("keybert")
    pytest.importorskip("sentence_transformers")
    return tiny_sentence_folder(tmp_path_factory.mktemp("model") / "tiny")


def texts(found: Keywords) -> list[str]:
    return [phrase.text for phrase in found.phrases]


def test_phrases_cross_no_comma_and_take_no_verb_and_no_place(bundled: KeyBertKeywords) -> None:
    found = bundled.extract("Please segment the brown dog, the red ball next to the sofa, but not the left cat")
    assert texts(found) == ["brown dog", "red ball"]
    assert found.context == ("sofa",) and "cat" in found.excluded
    assert (found.method, found.engine) == ("keybert", "keybert/all-MiniLM-L6-v2")
    assert [p.head for p in found.phrases] == ["dog", "ball"]
    assert [p.colours for p in found.phrases] == [("brown",), ("red",)]


def test_every_candidate_has_its_score_best_first(bundled: KeyBertKeywords) -> None:
    found = bundled.extract("segment the brown dog and the red ball")
    assert {words for words, _ in found.scores} == {"brown dog", "dog", "red ball", "ball"}
    scores = [score for _, score in found.scores]
    assert scores == sorted(scores, reverse=True) and len(set(scores)) == 4
    assert unpack(Keywords, json.loads(json.dumps(pack(found)))) == found


def test_what_the_parser_reads_stays(bundled: KeyBertKeywords) -> None:
    second = bundled.extract("the second car from the left").phrases[0]
    assert (second.text, second.filters) == ("car", (Filter(FilterKind.ORDER, "left", 2),))
    assert bundled.extract("segment everything").everything
    assert bundled.extract("remove it").refers_back
    assert bundled.extract("swap the cup for a vase").replacement == "vase"
    assert texts(bundled.extract("der braune Hund")) == ["braune Hund"]


def test_the_order_said_not_the_order_ranked(bundled: KeyBertKeywords) -> None:
    found = bundled.extract("the fork and the knife on the table, and the giraffe")
    assert texts(found) == ["fork", "knife", "giraffe"]
    assert [words for words, _ in found.scores] != texts(found)


def test_only_the_most_are_kept_and_the_others_are_named(bundled: KeyBertKeywords) -> None:
    found, all_of_them = bundled.extract(SEVEN), made(most=7).extract(SEVEN)
    assert len(found.phrases) == 5 and len(all_of_them.phrases) == 7
    left = [words for words, reason in found.dropped if reason == OUTRANKED]
    assert sorted(texts(found) + left) == sorted(texts(all_of_them))
    assert texts(found) == [text for text in texts(all_of_them) if text not in left]


def test_diversity_is_marginal_relevance(bundled: KeyBertKeywords) -> None:
    """Without it the likest stay; with it a second puppy gives way to something else."""
    text = "a puppy, a small puppy, a tiny puppy and an old lantern"
    assert "old lantern" not in texts(made(most=2, diversity=0).extract(text))
    assert "old lantern" in texts(made(most=2, diversity=0.9).extract(text))


def test_the_scores_and_the_choice_are_keyberts_own(folder: Path) -> None:
    """On words that its own word counter takes as they are."""
    from keybert import KeyBERT

    engine = made(model=str(folder), device="cpu", most=3, ngrams=1)
    found = engine.extract(SEVEN)
    names = [words for words, _ in found.scores]
    assert set(names) == {"cup", "plate", "spoon", "fork", "knife", "glass", "chairs"}
    library = KeyBERT(model=str(folder))
    assert dict(library.extract_keywords(SEVEN, candidates=names, top_n=7)) == pytest.approx(
        dict(found.scores), abs=2e-4
    )
    chosen = library.extract_keywords(SEVEN, candidates=names, top_n=3, use_mmr=True, diversity=0.5)
    assert sorted(texts(found)) == sorted(words for words, _ in chosen)


def test_a_colour_is_checked_even_where_the_phrase_lost_its_word(bundled: KeyBertKeywords) -> None:
    short = made(ngrams=1).extract("segment the brown dog").phrases
    assert short == (Phrase("dog", "dog", ("brown",)),)
    both = made(ngrams=1).extract("the red car and the blue car").phrases
    assert both == (Phrase("car", "car", ()),)  # one name for both: either colour would do


def test_a_name_never_becomes_what_was_left_out(bundled: KeyBertKeywords) -> None:
    found = made(ngrams=1).extract("segment the red dogs next to the dogs")
    assert not {phrase.text for phrase in found.phrases} & {*found.context, *found.excluded}


@pytest.mark.parametrize(
    ("phrase", "longest", "groups"),
    [
        (Phrase("old brown dog", "dog"), 3, ("old brown dog", "brown dog", "dog")),
        (Phrase("old brown dog", "dog"), 2, ("brown dog", "dog")),
        (Phrase("red fire hydrant", "fire hydrant"), 3, ("red fire hydrant", "fire hydrant")),
        (Phrase("red fire hydrant", "fire hydrant"), 1, ("hydrant",)),
        (Phrase("bowl of fruit", "bowl"), 3, ("bowl of fruit", "bowl")),
        (Phrase("pile of books", "books"), 2, ("books",)),
        (Phrase("chien brun", "chien"), 3, ("chien brun", "chien")),
        (Phrase("red", ""), 3, ("red",)),
        (Phrase("of", "of"), 3, ("of",)),
    ],
)
def test_word_groups_hold_the_noun(phrase: Phrase, longest: int, groups: Sequence[str]) -> None:
    assert offered(phrase, longest) == tuple(groups)


def test_the_best_word_group_names_a_phrase_unless_two_share_it() -> None:
    red, blue = Phrase("old red car", "car", ("red",)), Phrase("old blue car", "car", ("blue",))
    groups = {phrase: offered(phrase, 3) for phrase in (red, blue)}
    scores = {"old red car": 0.4, "red car": 0.5, "car": 0.3, "old blue car": 0.4, "blue car": 0.6}
    assert named(groups, scores) == {red: "red car", blue: "blue car"}
    assert named(groups, {**scores, "car": 0.9}) == {red: "old red car", blue: "old blue car"}


def test_barred_names_are_not_offered() -> None:
    assert offered(Phrase("brown dog", "dog"), 3, frozenset({"dog"})) == ("brown dog",)
    assert offered(Phrase("brown dog", "dog"), 1, frozenset({"dog"})) == ("brown dog",)


def test_the_model_of_a_folder(folder: Path) -> None:
    engine = made(model=str(folder), device="cpu")
    assert engine.status().ready and engine.status().details["state"] == "not loaded"
    found = engine.extract("segment the brown dog and the red ball")
    assert [p.head for p in found.phrases] == ["dog", "ball"] and found.engine == "keybert/tiny"
    assert engine.status().details["state"] == "loaded"
    long = engine.extract("the brown dog " * 1400)
    assert [p.head for p in long.phrases] == ["dog"]
    engine.download(Job())
    assert engine.unload() > 0 and engine.extract("segment the brown dog and the red ball") == found


def test_a_folder_that_is_no_sentence_model_is_refused(folder: Path, tmp_path: Path) -> None:
    plain = folder.parent / "tiny-bert"
    for refused in (plain, tmp_path / "nowhere"):
        engine = made(model=str(refused))
        assert not engine.status().ready and engine.status().remedy
        with pytest.raises(EngineUnavailable):
            engine.extract("segment the dog")


def copy_of(folder: Path, to: Path) -> Path:
    for file in (f for f in folder.rglob("*") if f.is_file()):
        target = to / file.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    return to


def test_code_in_a_folder_is_never_run(folder: Path, tmp_path: Path) -> None:
    bad = copy_of(folder, tmp_path / "bad")
    (bad / "custom.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Own: pass\n")
    modules = json.loads((bad / "modules.json").read_text())
    modules[0]["type"] = "custom.Own"
    (bad / "modules.json").write_text(json.dumps(modules))
    engine = made(model=str(bad))
    assert "custom.Own" in engine.status().reason
    with pytest.raises(EngineUnavailable, match="its own code"):
        engine.extract("segment the dog")
    assert not (tmp_path / "ran").exists()


def test_missing_weights_are_named_not_invented(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    cut = copy_of(folder, tmp_path / "cut")
    file = cut / "model.safetensors"
    kept = {name: t for name, t in load_file(file).items() if "attention.self.query" not in name}
    save_file(kept, file, {"format": "pt"})
    with pytest.raises(EngineUnavailable, match=r"attention\.self\.query\.weight"):
        made(model=str(cut)).extract("segment the dog")


@pytest.mark.parametrize(
    ("options", "said"),
    [({"ngrams": 0}, "ngrams"), ({"ngrams": 11}, "from 1 to 10"), ({"most": 0}, "from 1 to 100"),
     ({"most": 1.5}, "whole"), ({"diversity": 1.1}, "0 to 1"), ({"diversity": float("nan")}, "0 to 1")],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        made(**options)
    assert said in str(caught.value)


def test_where_keybert_is_missing_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("core.keywords.keybert.find_spec", "importlib.util.find_spec"):
        monkeypatch.setattr(module, lambda name, package=None: None)
    engine = made()
    assert "keybert" in engine.status().reason and "pip install" in engine.status().remedy
    monkeypatch.undo()
    monkeypatch.setattr("core.keywords.embedders.importlib.util.find_spec", lambda name, package=None: None)
    with pytest.raises(EngineUnavailable, match="keybert"):
        engine._loaded()


PROBE = """
import sys
from core.registry import BACKENDS, EngineContext, build
from core.settings import ASSETS
engine = build("keywords", "keybert", BACKENDS["keywords", "keybert"].options, EngineContext(ASSETS, ASSETS))
assert "keybert" not in sys.modules
engine.status(), engine.extract("remove it")
assert "keybert" not in sys.modules, "nothing is loaded before something is ranked"
print([p.text for p in engine.extract("mask the dog").phrases], sorted({"torch", "transformers"} & set(sys.modules)))
"""


def test_the_bundled_embedding_needs_no_torch() -> None:
    pytest.importorskip("keybert")
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split("\n")[0] == "['dog'] []", done.stderr


@pytest.mark.parametrize("form", ["pytorch_model.bin", "model.safetensors.index.json"])
def test_missing_weights_are_named_in_every_form(folder: Path, tmp_path: Path, form: str) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    cut = copy_of(folder, tmp_path / "cut")
    whole = cut / "model.safetensors"
    kept = {name: t for name, t in load_file(whole).items() if "attention.self.query" not in name}
    whole.unlink()
    if form.endswith(".bin"):
        torch.save(kept, cut / form)
    else:
        save_file(kept, cut / "model-00001-of-00001.safetensors", {"format": "pt"})
        table = dict.fromkeys(kept, "model-00001-of-00001.safetensors")
        (cut / form).write_text(json.dumps({"metadata": {}, "weight_map": table}))
    with pytest.raises(EngineUnavailable, match=r"attention\.self\.query\.weight"):
        made(model=str(cut)).extract("segment the dog")


def test_a_config_that_names_code_is_refused(folder: Path, tmp_path: Path) -> None:
    bad = copy_of(folder, tmp_path / "bad")
    config = json.loads((bad / "config.json").read_text())
    (bad / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "own.Own"}}))
    assert "its own code" in made(model=str(bad)).status().reason
