"""One suite for every detection back-end: whatever is asked of whatever picture, the answer is a sound table."""

from __future__ import annotations

import time

import numpy as np
import pytest
import skimage.data

from core import geometry
from core.errors import Cancelled, EngineTimeout
from core.jobs import Job
from core.ports import Detector
from core.registry import BACKENDS, EngineContext, allowed_options, build
from core.settings import ASSETS
from core.types.boxes import Proposals
from core.types.image import ImageAsset
from tests.checkpoints.grounding_dino import tiny_options
from tests.threads import answers_at_once

BUILT = ("embedded", "groundingdino", "transformers")
KNOWING = ("embedded",)  # the others are tiny and of random weights: what they say is sound, and means nothing
MIXED = ("cat", "face", "red lantern", "qr code", "sky", "unicorn")
FORTY = tuple(f"{colour} {noun}" for colour in ("red", "blue", "old", "tiny") for noun in
              ("cat", "dog", "cup", "face", "bus", "lantern", "sky", "qr code", "person", "unicorn"))  # fmt: skip


@pytest.fixture(scope="module", params=BUILT)
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def detector(backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Detector:
    options = dict(allowed_options("detection", backend) or {})
    if backend in KNOWING:
        folder = request.getfixturevalue("weights_dir")
    else:
        folder = tmp_path_factory.mktemp(backend)
        options |= tiny_options(backend, folder)
    engine: Detector = build("detection", backend, options, EngineContext(folder, ASSETS))
    return engine


@pytest.fixture(scope="module")
def knows(backend: str) -> bool:
    """Whether the back-end's answers mean something here."""
    return backend in KNOWING


@pytest.fixture(scope="module")
def cat() -> ImageAsset:
    return ImageAsset.of(skimage.data.chelsea())


def blank(height: int, width: int) -> ImageAsset:
    return ImageAsset.of(np.full((height, width, 3), 127, np.uint8))


def noise(height: int, width: int) -> ImageAsset:
    return ImageAsset.of(np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8))


def check(proposals: Proposals, image: ImageAsset, phrases: tuple[str, ...]) -> Proposals:
    """What holds for every answer."""
    count = len(proposals)
    assert proposals.boxes.shape == (count, 4) and proposals.scores.shape == (count, len(proposals.phrases))
    assert np.isfinite(proposals.boxes).all() and np.isfinite(proposals.scores).all()
    assert (proposals.scores >= 0).all() and (proposals.scores <= 1).all()
    assert (proposals.scores.max(1, initial=0) > 0).all(), "every box speaks about some phrase"
    assert (proposals.boxes[:, :2] >= 0).all()
    assert (proposals.boxes[:, 2] <= image.width).all() and (proposals.boxes[:, 3] <= image.height).all()
    assert (proposals.boxes[:, 2:] > proposals.boxes[:, :2]).all()
    assert all(proposals.labels), "every box has the engine's own name"
    assert all(proposals.engines[p].name for p in proposals.passes)
    assert len(proposals.suggestions) <= 3
    if phrases:
        assert proposals.phrases == phrases and not proposals.listed
        assert tuple(r.phrase for r in proposals.readings) == phrases
        for reading in proposals.readings:
            assert reading.name if reading.covered else reading.note
    else:
        assert proposals.listed and not proposals.suggestions
    return proposals


def test_every_backend_is_in_this_suite() -> None:
    assert {name for port, name in BACKENDS if port == "detection"} == set(BUILT)


def test_it_can_tell_whether_it_is_ready(detector: Detector) -> None:
    assert detector.status().ready


def test_phrases_of_every_kind_at_once(detector: Detector, cat: ImageAsset) -> None:
    check(detector.propose(cat, MIXED, Job()), cat, MIXED)


def test_no_phrase_lists_what_is_there(detector: Detector, cat: ImageAsset, knows: bool) -> None:
    proposals = check(detector.propose(cat, (), Job()), cat, ())
    assert proposals.phrases and len(set(proposals.phrases)) == len(proposals.phrases)
    assert "cat" in proposals.phrases or not knows


def test_forty_phrases(detector: Detector, cat: ImageAsset, knows: bool) -> None:
    proposals = check(detector.propose(cat, FORTY, Job()), cat, FORTY)
    if not knows:
        return
    cats = [FORTY.index(p) for p in FORTY if p.endswith(" cat")]
    assert proposals.scores[:, cats].max() > 0.25
    assert np.ptp(proposals.scores[:, cats], axis=1).max() == 0, "the same noun measures the same"


def test_the_same_phrase_twice(detector: Detector, cat: ImageAsset) -> None:
    proposals = check(detector.propose(cat, ("cat", "cat"), Job()), cat, ("cat", "cat"))
    assert (proposals.scores[:, 0] == proposals.scores[:, 1]).all()


def test_what_is_absent_scores_low_and_is_no_error(detector: Detector, cat: ImageAsset, knows: bool) -> None:
    proposals = check(detector.propose(cat, ("zebra", "airplane"), Job()), cat, ("zebra", "airplane"))
    assert proposals.scores.max(initial=0) < 0.25 or not knows


@pytest.mark.parametrize("phrases", [(), MIXED])
@pytest.mark.parametrize(
    "image",
    [blank(300, 400), noise(8, 8), noise(8, 2000), noise(2000, 8), noise(9, 640)],
    ids=["blank", "8x8", "8x2000", "2000x8", "9x640"],
)
def test_pictures_at_the_edge(detector: Detector, image: ImageAsset, phrases: tuple[str, ...]) -> None:
    check(detector.propose(image, phrases, Job()), image, phrases)


def test_nothing_is_found_in_a_blank_picture(detector: Detector, knows: bool) -> None:
    image, phrases = blank(300, 400), ("cat", "face", "qr code", "text")
    found = check(detector.propose(image, phrases, Job()), image, phrases)
    assert found.scores.max(initial=0) < 0.25 or not knows
    assert not detector.propose(image, ("unicorn",), Job()).suggestions


def test_a_large_picture_gives_the_same_object_in_its_own_pixels(
    detector: Detector, cat: ImageAsset, knows: bool
) -> None:
    large = ImageAsset.of(np.kron(cat.pixels, np.ones((9, 9, 1), np.uint8)))
    assert large.width * large.height > 10_000_000
    small = detector.propose(cat, ("cat",), Job())
    proposals = check(detector.propose(large, ("cat",), Job()), large, ("cat",))
    best, expected = (p.boxes[p.scores[:, 0].argmax()] for p in (proposals, small))
    assert geometry.iou(best, geometry.scale(expected, 9))[0, 0] > 0.8 or not knows


def test_a_cancelled_job_measures_nothing(detector: Detector, cat: ImageAsset) -> None:
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        detector.propose(cat, MIXED, job)


@pytest.mark.parametrize("phrases", [(), MIXED])
def test_stop_is_obeyed_between_recognisers(detector: Detector, cat: ImageAsset, phrases: tuple[str, ...]) -> None:
    said: list[str] = []

    def stop(fraction: float | None, text: str) -> None:
        said.append(text)
        job.cancel()

    job = Job(stop)
    with pytest.raises(Cancelled):
        detector.propose(cat, phrases, job)
    assert len(said) == 1


def test_a_deadline_that_has_passed(detector: Detector, cat: ImageAsset) -> None:
    with pytest.raises(EngineTimeout):
        detector.propose(cat, ("cat",), Job(deadline=time.monotonic() - 1))


def test_eight_threads_get_the_same_answer(detector: Detector, cat: ImageAsset) -> None:
    answers = answers_at_once(lambda: detector.propose(cat, MIXED, Job()))
    assert len({a.digest for a in answers}) == 1 and len(answers) == 8
    assert len({a.suggestions for a in answers}) == 1


ODD = ("", " ", "🐱", "cat 🐱🐱", "‮cat", "c\x00at", "CAT!!!", "the", "ネコ", "'; drop table", "a" * 5000,
       " ".join(["fluffy"] * 2000) + " cat", " ".join(f"word{i}" for i in range(2000)))  # fmt: skip


def test_odd_phrases_are_read_without_error(detector: Detector, cat: ImageAsset, knows: bool) -> None:
    proposals = check(detector.propose(cat, ODD, Job()), cat, ODD)
    found = proposals.scores.max(0)
    assert (found[ODD.index("cat 🐱🐱")] > 0.25 and found[ODD.index("CAT!!!")] > 0.25) or not knows
    assert not proposals.readings[0].covered
    assert all(len(r.note) < 300 for r in proposals.readings if len(r.phrase) >= 5000), "notes stay readable"
