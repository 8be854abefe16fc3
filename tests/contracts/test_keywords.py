"""One suite for every keyword back-end: whatever is said, the answer is sound."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core.ports import KeywordExtractor
from core.registry import EngineContext, allowed_backends, allowed_options, build
from core.settings import ASSETS, ROOT
from core.types.language import Keywords
from tests.checkpoints.sentence_model import tiny_sentence_folder

TINY = "keybert/folder"  # a sentence-transformers model of random weights
BUILT = ("embedded", "keybert", TINY)
ODD = (
    "",
    " ",
    "\n\t",
    "!?!",
    "...",
    "😀😀",
    "[](){}<>",
    "“”",
    "'",
    "'s",
    "n't",
    "no",
    "the",
    "of of of",
    "and",
    "𝕕𝕠𝕘",
    "\x00dog\x07",
    "犬を探して",
    "где собака",
    "a" * 20_000,
    "the dog of " * 300,
    "left " * 500,
    "the cat, no, " * 200,
    "dog;" * 1000,
)


def test_every_back_end_is_under_this_contract() -> None:
    assert set(allowed_backends("keywords")) == {name.partition("/")[0] for name in BUILT}


@pytest.fixture(scope="module", params=BUILT)
def extractor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> KeywordExtractor:
    name = request.param.partition("/")[0]
    options = dict(allowed_options("keywords", name) or {})
    if name == "keybert":
        pytest.importorskip("keybert")
    if request.param == TINY:
        pytest.importorskip("sentence_transformers")
        options |= {"model": str(tiny_sentence_folder(tmp_path_factory.mktemp("model") / "tiny")), "device": "cpu"}
    context = EngineContext(tmp_path_factory.mktemp("cache"), ASSETS)
    engine: KeywordExtractor = build("keywords", name, options, context)
    return engine


def sound(found: Keywords) -> None:
    texts = [phrase.text for phrase in found.phrases]
    assert len(texts) == len(set(texts)) and all(texts)
    assert not set(texts) & set(found.context) and not set(texts) & set(found.excluded)
    assert not (found.everything and found.phrases)
    assert not (found.refers_back and (found.phrases or found.everything))
    assert all(reason for _, reason in found.dropped)
    assert found.method in ("parse", "rules", "keybert") and found.engine


@pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text[:12]))
def test_odd_texts_give_sound_keywords(extractor: KeywordExtractor, text: str) -> None:
    sound(extractor.extract(text))


def test_empty_text_gives_empty_keywords(extractor: KeywordExtractor) -> None:
    found = extractor.extract("")
    assert (found.phrases, found.context, found.excluded, found.dropped) == ((), (), (), ())
    assert not found.everything and not found.refers_back


def test_brackets_and_emoji_do_not_hide_a_thing(extractor: KeywordExtractor) -> None:
    for text in ("🐶 dog 🐶", "[dog]", "(the dog)", "«dog»", "dog!!!", "DOG", "\n- dog\n"):
        assert [phrase.text for phrase in extractor.extract(text).phrases] == ["dog"], text


def test_two_thousand_words_take_seconds(extractor: KeywordExtractor) -> None:
    extractor.extract("warm")
    text = "please could you find the brown dog and the red ball next to the sofa. " * 143
    start = time.process_time()
    found = extractor.extract(text)
    assert time.process_time() - start < 10
    assert [phrase.head for phrase in found.phrases] == ["dog", "ball"]
    many = extractor.extract(", ".join(f"thing{n}" for n in range(2000)))
    assert len(many.phrases) + len(many.dropped) > 1000


def test_eight_threads_get_the_same(extractor: KeywordExtractor) -> None:
    texts = ("the brown dog and the red ball next to the sofa", "the dog should be removed", "swap the cup for a vase",
             "don't touch the people, remove the car", "the second car from the left")  # fmt: skip
    alone = [extractor.extract(text) for text in texts]
    wrong: list[str] = []

    def ask(turn: int) -> None:
        for number in range(20):
            index = (turn + number) % len(texts)
            if extractor.extract(texts[index]) != alone[index]:
                wrong.append(texts[index])

    threads = [threading.Thread(target=ask, args=(turn,)) for turn in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_status_is_ready_and_never_raises(extractor: KeywordExtractor) -> None:
    status = extractor.status()
    assert status.ready
    assert status.details["method"] in ("parse", "rules")


PROBE = """
import sys, types
from importlib.machinery import ModuleSpec
from pathlib import Path

class Torch:  # a torch that may not be loaded, found like an installed one
    def find_spec(self, name, path=None, target=None):
        return ModuleSpec("torch", self) if name == "torch" else None
    def create_module(self, spec):
        print("LOADED torch"); return types.ModuleType("torch")
    def exec_module(self, module): pass

sys.meta_path.insert(0, Torch())
from core.keywords.embedded import EmbeddedKeywords
from core.registry import EngineContext
from core.settings import ASSETS
assert "spacy" not in sys.modules, "importing the adapter must stay cheap"
engine = EmbeddedKeywords(EngineContext(Path("x"), ASSETS))
print([p.text for p in engine.extract("mask the dog").phrases], engine.extract("mask the dog").method)
import torch  # afterwards it is there for whoever wants it
"""


def test_torch_is_never_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, cwd=ROOT, check=True)
    lines = done.stdout.split("\n")
    assert lines[0] == "['dog'] parse"
    assert lines[1] == "LOADED torch"  # by the probe's own last line, not before


def test_without_spacy_the_rules_answer_and_the_status_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("core.keywords.parser.MODELS", ("no_such_model",))
    monkeypatch.setattr("core.keywords.parser._loaded", None)
    engine: KeywordExtractor = build("keywords", "embedded", {}, EngineContext(tmp_path, ASSETS))
    assert engine.extract("mask the dog").method == "rules"
    assert [phrase.text for phrase in engine.extract("mask the dog").phrases] == ["dog"]
    status = engine.status()
    assert status.ready and "word lists alone" in status.reason and "pip install" in status.remedy


def test_missing_word_lists_are_said(tmp_path: Path) -> None:
    engine: KeywordExtractor = build("keywords", "embedded", {}, EngineContext(tmp_path, tmp_path))
    assert not engine.status().ready
    assert "Restore" in engine.status().remedy
