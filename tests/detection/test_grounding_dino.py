"""Both Grounding DINOs as a user meets them: passes, phrases, Stop, and nothing kept on the model."""

from __future__ import annotations

from pathlib import Path
from threading import Lock, Thread
from typing import Any

import numpy as np
import pytest
import skimage.data

from core.detection.grounding_dino import Grounding
from core.detection.grounding_model import GREY, STRIDES, places, roomy
from core.errors import Cancelled, EngineFailed
from core.jobs import Job
from core.policy import select
from core.ports import Local, Previewer
from core.shared_models.everyday import CLASSES
from core.types.boxes import Basis
from core.types.image import ImageAsset
from core.types.thresholds import Thresholds
from tests.checkpoints.grounding_dino import Make, maker
from tests.threads import THREADS, answers_at_once

MANY = tuple(f"{colour} {name}" for colour in ("red", "old") for name in CLASSES)  # more than 256 tokens


@pytest.fixture(scope="module", params=["groundingdino", "transformers"])
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def make(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Make:
    return maker(backend, tmp_path_factory.mktemp(backend))


@pytest.fixture(scope="module")
def detector(make: Make) -> Grounding:
    return make()


@pytest.fixture(scope="module")
def cat() -> ImageAsset:
    return ImageAsset.of(np.ascontiguousarray(skimage.data.chelsea()[::2, ::2]))


def test_it_satisfies_the_ports_beside_its_own(detector: Grounding) -> None:
    previewer: Previewer = detector
    local: Local = detector
    assert previewer is local


def test_all_phrases_go_into_one_caption_and_the_engine_is_named(
    detector: Grounding, cat: ImageAsset, backend: str
) -> None:
    said: list[str] = []
    found = detector.propose(cat, ("Brown dog", "red ball."), Job(lambda share, text: said.append(text)))
    assert found.captions == ("brown dog . red ball .",) and found.phrases == ("Brown dog", "red ball.")
    (engine,) = found.engines
    assert engine.name == detector.name and engine.name.startswith(f"{backend}/tiny")
    assert "weights" in engine.version and engine.version.startswith(backend) and engine.note
    assert said[-1] == "Pass 1 of 1"
    assert set(found.basis) == {Basis.PHRASE}
    assert found.peaks is not None and (found.peaks >= found.scores.max(1)).all()


def test_a_box_has_one_phrase_as_asked_never_two_and_no_piece_of_a_word(detector: Grounding, cat: ImageAsset) -> None:
    asked = ("car", "taxi", "taxis", "unicorns")
    found = detector.propose(cat, asked, Job())
    assert set(found.labels) <= set(asked) and len(set(found.labels)) > 1
    assert found.labels == tuple(asked[column] for column in found.scores.argmax(1))
    chosen = select(found, Thresholds(box=0.0, text=0.0, nms_iou=1.0), (cat.width, cat.height))
    assert {d.phrase for d in chosen.items} <= set(asked)
    assert len({d.index for d in chosen.items}) == len(chosen.items), "a box stands for one phrase"
    assert all(dict(d.alternatives).keys() <= set(asked) - {d.phrase} for d in chosen.items)


def test_more_than_the_model_reads_at_once_takes_several_passes(detector: Grounding, cat: ImageAsset) -> None:
    said: list[str] = []
    found = detector.propose(cat, MANY, Job(lambda share, text: said.append(text)))
    count = len(found.captions)
    assert count > 1 and len(found.engines) == count == found.passes_apart
    assert said[-count:] == [f"Pass {number + 1} of {count}" for number in range(count)]
    assert found.phrases == MANY and [r.phrase for r in found.readings] == list(MANY)
    assert " ".join(found.captions).split(" .")[:-1] == [f" {m}" if n else m for n, m in enumerate(MANY)]
    for number, caption in enumerate(found.captions):
        rows = [row for row, at in enumerate(found.passes) if at == number]
        own = [f"{phrase} ." in caption for phrase in MANY]
        assert rows and (found.scores[rows][:, own] > 0).any(1).all()
        assert not found.scores[rows][:, [not o for o in own]].any(), "a pass speaks of its own phrases alone"


def test_the_first_of_several_passes_is_what_its_phrases_alone_measure(detector: Grounding, cat: ImageAsset) -> None:
    found = detector.propose(cat, MANY, Job())
    first = [phrase for phrase in MANY if f"{phrase} ." in found.captions[0]]
    alone = detector.propose(cat, first, Job())
    rows = [row for row, at in enumerate(found.passes) if at == 0]
    assert np.array_equal(found.boxes[rows], alone.boxes)
    assert np.array_equal(found.scores[rows][:, : len(first)], alone.scores)


def test_one_phrase_too_long_is_left_out_and_said(detector: Grounding, cat: ImageAsset) -> None:
    long = " ".join(["brown"] * 300)
    found = detector.propose(cat, (long, "dog"), Job())
    assert found.captions == ("dog .",) and not found.scores[:, 0].any()
    assert [r.covered for r in found.readings] == [False, True] and "300" in found.readings[0].note
    alone = detector.propose(cat, (long,), Job())
    assert len(alone) == 0 and not alone.readings[0].covered


def test_phrases_that_are_the_same_share_their_scores(detector: Grounding, cat: ImageAsset) -> None:
    found = detector.propose(cat, ("dog", "cat", "DOG."), Job())
    assert found.captions == ("dog . cat .",)
    assert np.array_equal(found.scores[:, 0], found.scores[:, 2]) and not np.array_equal(*found.scores[:, :2].T)


def test_phrases_without_a_word_never_reach_the_model(make: Make, cat: ImageAsset) -> None:
    fresh = make()
    found = fresh.propose(cat, ("", " . ", "?"), Job())
    assert len(found) == 0 and found.phrases == ("", " . ", "?")
    assert all(not r.covered and r.note for r in found.readings)
    assert fresh.status().details["state"] == "not loaded"


def test_everything_asks_for_the_everyday_names_and_says_so(detector: Grounding, cat: ImageAsset) -> None:
    found = detector.propose(cat, ("everything",), Job())
    assert found.listed and set(found.phrases) <= set(CLASSES) and set(found.labels) <= set(found.phrases)
    assert str(len(CLASSES)) in found.engines[0].note
    assert list(found.scores.max(0)) == sorted(found.scores.max(0), reverse=True), "the best name first"
    assert [(r.phrase, r.covered) for r in found.readings] == [("everything", True)]


@pytest.mark.parametrize("shape", [(16, 16), (1, 1), (3, 500), (500, 3), (40, 2000), (2000, 40)])
def test_pictures_of_every_shape(detector: Grounding, shape: tuple[int, int]) -> None:
    image = ImageAsset.of(np.random.default_rng(2).integers(0, 256, (*shape, 3), dtype=np.uint8))
    found = detector.propose(image, ("dog",), Job())
    assert (found.boxes >= 0).all() and (found.boxes <= [image.width, image.height] * 2).all()
    assert (found.boxes[:, 2:] > found.boxes[:, :2]).all()


def test_a_picture_with_fewer_places_than_the_model_looks_at(tmp_path: Path) -> None:
    """The library fails on it: "selected index k out of range"."""
    narrow = maker("groundingdino", tmp_path, num_queries=90)()
    image = ImageAsset.of(np.full((8, 2000, 3), 90, np.uint8))
    found = narrow.propose(image, ("dog",), Job())
    assert (found.boxes <= [2000, 8, 2000, 8]).all()


def test_a_narrow_picture_is_put_on_a_wider_ground_and_no_other_is_touched() -> None:
    published = {"side": 800, "longest": 1333, "strides": STRIDES, "queries": 900}
    for shape in ((300, 451, 3), (16, 16, 3), (100, 2000, 3)):
        picture = np.zeros(shape, np.uint8)
        assert roomy(picture, **published) is picture
    for shape in ((8, 2000, 3), (2000, 8, 3), (1, 5000, 3)):
        wider = roomy(np.zeros(shape, np.uint8), **published)
        height, width = shape[:2]
        short, long = sorted(wider.shape[:2])
        assert long == max(shape) and short < long / 2
        assert places(short, long, 800, 1333, STRIDES) >= 900
        assert not wider[:height, :width].any() and (wider[height:] == GREY).all() and (wider[:, width:] == GREY).all()


def test_a_smaller_number_type_computes_and_is_shown(make: Make, cat: ImageAsset, detector: Grounding) -> None:
    half = make(dtype="bfloat16")
    found, exact = (engine.propose(cat, ("dog",), Job()) for engine in (half, detector))
    assert found.scores.dtype == np.float32 and len(found)
    assert not np.array_equal(found.scores, exact.scores) if len(found) == len(exact) else True
    assert half.status().details["dtype"] == "bfloat16"


def test_nothing_of_one_picture_stays_for_the_next(detector: Grounding, cat: ImageAsset) -> None:
    other = ImageAsset.of(np.ascontiguousarray(cat.pixels[::-1]))
    narrow = ImageAsset.of(np.ascontiguousarray(cat.pixels[:9]))
    first = detector.propose(cat, ("dog",), Job()).digest
    detector.propose(other, MANY, Job())
    detector.propose(narrow, ("dog",), Job())
    assert detector.propose(cat, ("dog",), Job()).digest == first


def test_eight_sessions_with_their_own_pictures_and_words_do_not_meet(detector: Grounding, cat: ImageAsset) -> None:
    asked = [
        (ImageAsset.of(np.ascontiguousarray(cat.pixels[number:, : 100 + 9 * number])), MANY[number : 2 * number + 1])
        for number in range(THREADS)
    ]
    alone = [detector.propose(image, phrases, Job()).digest for image, phrases in asked]
    waiting = iter(range(THREADS))
    lock = Lock()

    def ask() -> tuple[int, str]:
        with lock:
            number = next(waiting)
        return number, detector.propose(*asked[number], Job()).digest

    assert sorted(answers_at_once(ask)) == list(enumerate(alone))


def test_a_picture_of_another_shape_in_the_midst_of_a_pass_changes_nothing(make: Make, cat: ImageAsset) -> None:
    """The Swin of groundingdino-py notes the picture's size on its blocks: another must wait, and can be stopped."""
    detector, tall = make(), ImageAsset.of(np.ascontiguousarray(cat.pixels.transpose(1, 0, 2)))
    expected = [detector.propose(image, ("dog",), Job()).digest for image in (cat, tall)]
    module, job, came = detector.model.get(Job()).module, Job(), []
    ends: list[object] = []

    def second(its: Job) -> None:
        try:
            ends.append(detector.propose(tall, ("dog",), its).digest)
        except Cancelled as stopped:
            ends.append(type(stopped))

    threads = [Thread(target=second, args=(its,)) for its in (Job(), job)]

    def interrupt(block: Any, inputs: Any) -> None:
        if not came:
            came.append(True)
            for thread in threads:
                thread.start()
            threads[0].join(timeout=0.5)
            job.cancel()
            threads[1].join(timeout=5)
            ends.append("first goes on")

    inner = next(layer for layer in module.modules() if type(layer).__name__ in ("SwinTransformerBlock", "SwinLayer"))
    hook = inner.register_forward_pre_hook(interrupt)
    assert detector.propose(cat, ("dog",), Job()).digest == expected[0]
    hook.remove()
    threads[0].join()
    assert "first goes on" in ends and ends.count(expected[1]) + ends.count(Cancelled) == 2 and expected[1] in ends
    if detector.name.startswith("groundingdino"):
        assert ends == [Cancelled, "first goes on", expected[1]], "it waited, and the other was stopped while it waited"


def test_stop_ends_a_pass_at_the_next_layer(detector: Grounding, cat: ImageAsset) -> None:
    before = detector.propose(cat, ("dog",), Job()).digest
    module = detector.model.get(Job()).module
    layers, inner = list(module.modules()), getattr(module, "model", module)
    encoder = getattr(inner, "encoder", None) or inner.transformer.encoder
    job, ran = Job(), []
    hooks = [encoder.register_forward_pre_hook(lambda module, inputs: job.cancel())]
    hooks += [layer.register_forward_hook(lambda module, inputs, output: ran.append(job.cancelled)) for layer in layers]
    with pytest.raises(Cancelled):
        detector.propose(cat, ("dog",), job)
    for hook in hooks:
        hook.remove()
    assert len(ran) > 5 and not any(ran), "layers ran before Stop, and none was finished after it"
    assert detector.propose(cat, ("dog",), Job()).digest == before


def test_numbers_that_are_none_are_an_error_and_no_empty_result(
    detector: Grounding, cat: ImageAsset, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = detector.model.get(Job()).value
    nothing = (np.full((50, 256), np.nan, np.float32), np.zeros((50, 4), np.float32))
    monkeypatch.setattr(model, "measure", lambda *_: nothing)
    with pytest.raises(EngineFailed, match="float32"):
        detector.propose(cat, ("dog",), Job())


def test_what_breaks_in_the_library_is_our_error(
    detector: Grounding, cat: ImageAsset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*inputs: Any, **more: Any) -> None:
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(detector.model.get(Job()).module, "forward", broken)
    with pytest.raises(EngineFailed, match="ran out of memory") as caught:
        detector.propose(cat, ("dog",), Job())
    assert "smaller model" in caught.value.remedy


def test_unloaded_it_loads_again_and_measures_the_same(make: Make, cat: ImageAsset) -> None:
    engine = make()
    before = engine.propose(cat, ("dog",), Job()).digest
    assert engine.unload() > 1_000_000 and engine.status().details["state"] == "not loaded"
    assert engine.unload() == 0
    assert engine.propose(cat, ("dog",), Job()).digest == before


def test_what_is_here_is_not_downloaded(detector: Grounding) -> None:
    detector.download(Job())
    assert detector.status().ready


def test_the_names_are_short(make: Make, tmp_path: Path, backend: str) -> None:
    assert make(model=str(tmp_path / "some.v2.pth")).name == f"{backend}/some.v2"
    assert make(model="ShilongLiu/GroundingDINO:groundingdino_swint_ogc.pth").name.endswith("/groundingdino_swint_ogc")
    assert make(model="IDEA-Research/grounding-dino-tiny").name == f"{backend}/grounding-dino-tiny"
