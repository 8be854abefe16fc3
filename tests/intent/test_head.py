"""A head survives its file to the last digit; a damaged file is known as one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.intent.features import Vocabulary, read
from core.intent.head import CLASSES, Head, similarity, softmax
from tests.intent.engine import glossary


def head(rows: int = 3) -> Head:
    random = np.random.default_rng(5)
    vocabulary = Vocabulary.learn([read(text, glossary()) for text in ("cut it out", "cut it off", "naïve 猫 cut")])
    vectors = (random.normal(size=(rows, 384)) / 384**0.5).astype(np.float16).astype(np.float32)
    return Head(
        vocabulary=vocabulary,
        weights=random.normal(size=(len(vocabulary.names), CLASSES)).astype(np.float32),
        vectors=vectors,
        support=random.normal(size=(rows, CLASSES)).astype(np.float32),
        bias=random.normal(size=CLASSES).astype(np.float32),
        turn=random.normal(size=(CLASSES, CLASSES)),
        shift=random.normal(size=CLASSES),
    )


@pytest.mark.parametrize("rows", [3, 0])
def test_a_kept_head_answers_exactly_the_same(tmp_path: Path, rows: int) -> None:
    made, reading = head(rows), read("cut the cat out", glossary())
    vector = np.full(384, 384**-0.5, np.float32) if rows else None
    made.save(tmp_path / "deep" / "head.npz")
    kept = Head.load(tmp_path / "deep" / "head.npz")
    assert np.array_equal(kept.probabilities(reading, vector), made.probabilities(reading, vector))
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["head.npz"]


def test_scores_are_words_plus_likeness_plus_bias() -> None:
    made, reading = head(), read("cut it", glossary())
    row = made.vocabulary.rows([reading])
    vector = made.vectors[1] / np.linalg.norm(made.vectors[1])
    slow = made.bias.astype(float)
    for column, value in zip(row.columns, row.values, strict=True):
        slow = slow + value * made.weights[column]
    for other, support in zip(made.vectors, made.support, strict=True):
        slow = slow + np.exp(2 * (vector @ other - 1)) * support
    assert np.allclose(made.scores(reading, vector), slow, atol=1e-5)
    logits = slow @ made.turn + made.shift
    powers = np.exp(logits - logits.max())
    assert np.allclose(made.probabilities(reading, vector), powers / powers.sum(), atol=1e-3)


@pytest.mark.parametrize("cut", [0, 10, 2000, -30])
def test_a_damaged_file_is_a_value_error(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "head.npz"
    head().save(file)
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"head\.npz"):
        Head.load(file)


def test_arrays_of_a_wrong_shape_or_with_holes_are_a_value_error(tmp_path: Path) -> None:
    file = tmp_path / "head.npz"
    head().save(file)
    with np.load(file) as kept:
        arrays = dict(kept)
    np.savez(file, **{**arrays, "bias": arrays["bias"][:4]})
    with pytest.raises(ValueError, match="bias"):
        Head.load(file)
    np.savez(file, **{**arrays, "weights": np.full_like(arrays["weights"], np.nan)})
    with pytest.raises(ValueError, match="weights"):
        Head.load(file)


class Payload:
    """Makes a file where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


def test_nothing_in_a_file_is_ever_unpickled(tmp_path: Path) -> None:
    file = tmp_path / "head.npz"
    np.savez(file, names=np.array([Payload(tmp_path / "ran")], dtype=object))
    with pytest.raises(ValueError, match=r"head\.npz"):
        Head.load(file)
    assert not (tmp_path / "ran").exists()


def test_no_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        Head.load(tmp_path / "none.npz")


def test_similarity_is_one_for_equal_vectors_and_softmax_survives_large_logits() -> None:
    unit = np.eye(3, dtype=np.float32)
    assert similarity(unit, unit).diagonal() == pytest.approx(1)
    assert similarity(unit, unit)[0, 1] == pytest.approx(np.exp(-2))
    assert softmax(np.array([[1e5, 0.0, -1e5]]))[0] == pytest.approx([1, 0, 0])
