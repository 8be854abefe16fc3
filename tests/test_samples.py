"""The sample pictures: all there, none of them heavy, and the drawn ones with their known answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core import samples
from core.dialogue.engines import Engines, assemble
from core.dialogue.turn import run_turn
from core.errors import InputError
from core.jobs import Job
from core.pictures import open_picture
from core.settings import ROOT, Limits, load_settings
from core.types.events import Completed
from core.types.image import ImageAsset
from core.types.turn import Request, Status, Turn


def opened(key: str) -> ImageAsset:
    return open_picture(samples.load(samples.find(key)), key, Limits())


@pytest.mark.parametrize("sample", samples.SAMPLES, ids=lambda s: s.key)
def test_every_sample_opens_and_says_what_can_be_asked(sample: samples.Sample) -> None:
    image = open_picture(samples.load(sample), sample.name, Limits())
    assert min(image.width, image.height) >= 300
    assert len(set(sample.requests)) == 3 and sample.failure not in sample.requests
    assert sample.alt and sample.credit and sample.name.endswith(".png")


def test_photographs_are_found_without_importing_their_library() -> None:
    code = "import sys; from core import samples; samples.load(samples.find('cat')); print('skimage' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_shapes_lie_where_they_are_said_to_lie() -> None:
    image, truth = opened("shapes"), samples.find("shapes").truth
    assert {name for name, _ in truth} >= {"red ball", "blue box"}
    for (name, box), (_, colour, _) in zip(truth, samples.SHAPES, strict=True):
        x0, y0, x1, y1 = (int(v) for v in box)
        middle = image.pixels[(y0 + y1) // 2, (x0 + x1) // 2]
        assert np.abs(middle.astype(int) - colour).max() <= 2, name
        corner = image.pixels[y0 + 1, x0 + 1]
        is_ground = np.abs(corner.astype(int) - samples.SHAPES_GROUND).max() <= 2
        assert is_ground == name.endswith("ball"), name
        assert np.abs(image.pixels[y0 - 4, x0 - 4].astype(int) - samples.SHAPES_GROUND).max() <= 2, name


def test_the_code_on_the_sign_reads_as_it_should() -> None:
    zxingcpp = pytest.importorskip("zxingcpp")
    (code,) = zxingcpp.read_barcodes(np.ascontiguousarray(opened("sign").pixels))
    assert code.text == samples.SIGN_CODE and code.text in samples.find("sign").words


@pytest.fixture(scope="module")
def engines(weights_dir: Path) -> Engines:
    return assemble(load_settings())


def ask(engines: Engines, sample: samples.Sample, text: str) -> Turn:
    image = open_picture(samples.load(sample), sample.name, Limits())
    events = list(run_turn(Request(text, image, load_settings().thresholds), engines, Job()))
    assert isinstance(events[-1], Completed)
    return events[-1].turn


@pytest.mark.parametrize(
    ("key", "text"), [(s.key, text) for s in samples.SAMPLES for text in s.requests], ids=lambda v: v.replace(" ", "-")
)
def test_what_a_sample_offers_works(engines: Engines, key: str, text: str) -> None:
    turn = ask(engines, samples.find(key), text)
    assert turn.status == Status.DONE, turn.answer.text
    assert turn.detections.items and not turn.failures, turn.answer.text


@pytest.mark.parametrize("sample", samples.SAMPLES, ids=lambda s: s.key)
def test_the_failure_is_honest(engines: Engines, sample: samples.Sample) -> None:
    turn = ask(engines, sample, sample.failure)
    assert turn.status == Status.DONE and not turn.detections.items
    assert turn.answer.text.startswith("No zebra found") and turn.answer.actions


def test_a_drawn_sample_is_the_same_every_time() -> None:
    first = samples.load(samples.find("sign"))
    samples._drawn.cache_clear()
    assert samples.load(samples.find("sign")) == first


def test_an_unknown_sample_names_those_there_are() -> None:
    with pytest.raises(InputError, match="cat"):
        samples.find("unicorn")


def test_without_scikit_image_only_drawn_samples_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples.importlib.util, "find_spec", lambda name: None)
    assert [sample.key for sample in samples.available()] == ["shapes", "sign"]
    with pytest.raises(InputError, match="scikit-image"):
        samples.load(samples.find("cat"))
