"""The memo: bounded in bytes whatever happens, one measurement a key, keys by content and by prompt."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Cancelled, EngineFailed
from core.jobs import Job
from core.memo import Memo, RememberingDetector, RememberingSegmenter, join, take
from core.types.boxes import Proposals
from core.types.image import ImageAsset
from core.types.masks import MaskLogits, Prompt
from tests.fakes import FakeDetector, FakeSegmenter, picture

CAT = (("cat", (2.0, 2.0, 30.0, 30.0), 0.8),)
PUTS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 60)), max_size=60)


@given(PUTS)
def test_never_more_than_its_bytes_and_its_count_is_true(puts: list[tuple[str, int]]) -> None:
    memo, sizes = Memo(100), {}
    for key, size in puts:
        memo.put(key, (key, size), size)
        sizes[key] = size
        held = {k: v for k in "abcdefgh" if (v := memo._items.get(k)) is not None}
        assert memo.used == sum(size for _, size in held.values()) <= 100
        assert memo.get(key) == (key, size), "the newest is always there"
    for key, size in sizes.items():
        assert memo.get(key) in (None, (key, size)), "never an old value"


def test_the_least_recently_used_leave_first() -> None:
    memo = Memo(30)
    for key in "abc":
        memo.put(key, key, 10)
    assert memo.get("a") == "a"
    memo.put("d", "d", 10)
    assert [memo.get(key) for key in "abcd"] == ["a", None, "c", "d"]


def test_what_is_larger_than_the_store_is_not_kept_and_its_old_value_is_gone() -> None:
    memo = Memo(10)
    memo.put("a", "old", 5)
    memo.put("a", "new", 11)
    assert memo.get("a") is None
    assert (memo.used, len(memo)) == (0, 0)


def test_the_bound_holds_under_threads() -> None:
    memo = Memo(1000)

    def work(seed: int) -> None:
        random = np.random.default_rng(seed)
        for key, size in zip(random.integers(0, 40, 400), random.integers(1, 300, 400), strict=True):
            memo.put(str(key), int(key), int(size))
            assert memo.get(str(key)) in (None, key)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert memo.used == sum(size for _, size in memo._items.values()) <= 1000


def test_one_measurement_for_each_picture_and_question() -> None:
    engine = FakeDetector(CAT)
    detector = RememberingDetector(engine, Memo(10**6))
    one, other = picture(), picture(colour=(90, 90, 91))
    first = detector.propose(one, ("cat",), Job())
    assert detector.propose(ImageAsset.of(np.array(one.pixels)), ["cat"], Job()) is first, "equal pixels, one picture"
    detector.propose(one, ("dog",), Job())
    detector.propose(other, ("cat",), Job())
    assert detector.calls == len(engine.calls) == 3


def test_every_phrase_and_none_at_all_are_questions_of_their_own() -> None:
    detector = RememberingDetector(FakeDetector(CAT), Memo(10**6))
    for phrases in (("cat",), ("cat", "dog"), ("dog", "cat"), ()):
        assert detector.propose(picture(), phrases, Job()).listed == (not phrases)
    assert detector.calls == 4


def test_phrases_are_never_confused_by_their_punctuation() -> None:
    detector = RememberingDetector(FakeDetector(CAT), Memo(10**6))
    assert detector.propose(picture(), ("cat", "dog"), Job()).phrases == ("cat", "dog")
    assert detector.propose(picture(), ("cat', 'dog",), Job()).phrases == ("cat', 'dog",)


def test_eight_sessions_ask_at_once_and_one_measures() -> None:
    inside, most, lock = 0, 0, threading.Lock()

    class Slow(FakeDetector):
        def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            threading.Event().wait(0.02)
            with lock:
                inside -= 1
            return super().propose(image, phrases, job)

    engine = Slow(CAT)
    detector = RememberingDetector(engine, Memo(10**6))
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: detector.propose(picture(), ("cat",), Job()), range(8)))
    assert len(engine.calls) == 1
    assert most == 1
    assert all(result is results[0] for result in results)


def test_a_failure_is_not_remembered() -> None:
    engine = FakeDetector(CAT, error=EngineFailed("broke", "again"))
    detector = RememberingDetector(engine, Memo(10**6))
    with pytest.raises(EngineFailed):
        detector.propose(picture(), ("cat",), Job())
    engine.error = None
    assert len(detector.propose(picture(), ("cat",), Job())) == 1


def test_a_cancelled_job_measures_nothing_even_when_the_result_is_known() -> None:
    detector = RememberingDetector(FakeDetector(CAT), Memo(10**6))
    detector.propose(picture(), ("cat",), Job())
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        detector.propose(picture(), ("cat",), job)


def test_masks_are_remembered_by_prompt_not_by_batch() -> None:
    engine = FakeSegmenter()
    segmenter = RememberingSegmenter(engine, Memo(10**7))
    a, b, c = (Prompt((x, 0.0, x + 10, 10.0)) for x in (0.0, 20.0, 40.0))
    segmenter.segment(picture(), (a, b), Job())
    both = segmenter.segment(picture(), (c, a), Job())
    assert [len(prompts) for _, prompts in engine.calls] == [2, 1], "only c was new"
    assert both.extents[:, 0].tolist() == [40.0, 0.0], "in the order asked"
    assert segmenter.remembered(picture(), a)
    assert not segmenter.remembered(picture(colour=(1, 2, 3)), a)
    assert len(segmenter.segment(picture(), (), Job())) == 0


def test_a_prompt_asked_twice_is_measured_once() -> None:
    engine = FakeSegmenter()
    prompt = Prompt((0.0, 0.0, 10.0, 10.0))
    assert len(RememberingSegmenter(engine, Memo(10**7)).segment(picture(), (prompt, prompt), Job())) == 2
    assert [len(prompts) for _, prompts in engine.calls] == [1]


def test_take_and_join_are_inverse() -> None:
    prompts = [Prompt((float(x), 0.0, x + 10.0, 10.0)) for x in range(4)]
    logits = FakeSegmenter().segment(picture(), prompts, Job())
    again = join([take(logits, [n]) for n in range(4)])
    assert np.array_equal(again.extents, logits.extents)
    assert np.array_equal(again.maps, logits.maps)
    assert take(logits, [2, 0]).extents[:, 0].tolist() == [2.0, 0.0]
    assert isinstance(join([]), MaskLogits)


def test_a_full_memo_still_answers() -> None:
    segmenter = RememberingSegmenter(FakeSegmenter(), Memo(0))
    prompt = Prompt((0.0, 0.0, 10.0, 10.0))
    assert len(segmenter.segment(picture(), (prompt,), Job())) == 1
    assert not segmenter.remembered(picture(), prompt)
