"""The embedded detector as a whole: what it does without weights, what it lists, suggests, and loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from zxingcpp import BarcodeFormat

from core.detection.embedded import EmbeddedDetector
from core.errors import EngineUnavailable
from core.jobs import Job
from core.registry import EngineContext
from core.settings import ASSETS
from core.types.boxes import Basis, Proposals
from core.types.image import ImageAsset
from tests.detection.pictures import coded, landscape, painted, placed


def ask(cache: Path, pixels: np.ndarray, *phrases: str) -> Proposals:
    return EmbeddedDetector(EngineContext(cache, ASSETS)).propose(ImageAsset.of(pixels), phrases, Job())


def best(proposals: Proposals, phrase: str) -> tuple[float, Basis, str]:
    column = proposals.scores[:, proposals.phrases.index(phrase)]
    row = int(column.argmax())
    return float(column[row]), proposals.basis[row], proposals.engines[proposals.passes[row]].name


def test_a_listing_names_classes_faces_and_codes(weights_dir: Path) -> None:
    picture = skimage.data.astronaut().copy()
    code = coded("ID 7", BarcodeFormat.QRCode, 4)
    picture[-code.shape[0] :, : code.shape[1]] = code
    proposals = ask(weights_dir, picture)
    assert proposals.listed and proposals.readings == ()
    assert best(proposals, "person")[1:] == (Basis.CLASS, "embedded/everyday")
    assert best(proposals, "face")[1:] == (Basis.FACE, "embedded/faces")
    assert best(proposals, "qr code") == (1.0, Basis.CODE, "embedded/codes")
    assert "ID 7" in proposals.labels
    assert proposals.scores.max(0).min() >= 0.05, "every name was found somewhere"


def test_a_star_is_a_listing_too(weights_dir: Path) -> None:
    starred, plain = ask(weights_dir, skimage.data.chelsea(), "*"), ask(weights_dir, skimage.data.chelsea())
    assert starred.listed and starred.digest == plain.digest and len(starred.readings) == 1


def test_each_phrase_is_measured_by_its_own_recogniser(weights_dir: Path) -> None:
    picture = landscape(0.4, 640, 480)
    picture[250:470, 30:250] = skimage.data.astronaut()[20:240, 110:330]
    picture[300:420, 400:560] = (215, 20, 25)
    proposals = ask(weights_dir, picture, "sky", "face", "red lantern")
    assert best(proposals, "sky")[1] == Basis.PLACE and best(proposals, "face")[1] == Basis.FACE
    score, basis, _ = best(proposals, "red lantern")
    assert score > 0.35 and basis == Basis.COLOUR
    assert (np.count_nonzero(proposals.scores, axis=1) == 1).all(), "no recogniser speaks about another's phrase"


def test_only_what_is_not_covered_brings_suggestions(weights_dir: Path) -> None:
    picture = painted({(240, 160, 400, 320): (200, 40, 40)})
    assert ask(weights_dir, picture, "dog").suggestions == ()
    unknown = ask(weights_dir, picture, "dog", "garden gnome")
    assert len(unknown.suggestions) >= 1 and unknown.suggestions[0].phrase == "garden gnome"
    assert unknown.scores[:, 1].max(initial=0) == 0, "a suggestion is never a box"


def test_without_weights_a_class_is_refused_with_the_remedy(tmp_path: Path) -> None:
    for phrases in (("dog",), (), ("dog", "garden gnome")):
        with pytest.raises(EngineUnavailable) as caught:
            ask(tmp_path, skimage.data.chelsea(), *phrases)
        assert "python -m core weights" in caught.value.remedy


def test_without_weights_the_rest_is_measured_and_the_phrase_says_why_not(tmp_path: Path) -> None:
    proposals = ask(tmp_path, placed({(40, 40): coded("still here", BarcodeFormat.QRCode)}), "dog", "qr code")
    dog, code = proposals.readings
    assert not dog.covered and dog.name == "dog" and "python -m core weights" in dog.note
    assert code.covered and proposals.labels == ("still here",)
    status = EmbeddedDetector(EngineContext(tmp_path, ASSETS)).status()
    assert not status.ready and status.remedy_action == "fetch_weights" and "Haar" in status.details["faces"]


def test_importing_the_package_loads_no_heavy_library() -> None:
    heavy = ("onnxruntime", "skimage", "scipy", "rapidocr", "zxingcpp", "tokenizers", "torch", "sklearn", "onnx")
    script = f"import sys, core.detection.embedded; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
