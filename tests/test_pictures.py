"""The picture door: every file becomes upright sRGB pixels, or an error that a person can act on."""

from __future__ import annotations

import io
import re
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from core.errors import InputError
from core.pictures import display_name, encode_jpeg, encode_png, open_picture, thumbnail
from core.settings import Limits
from core.types.image import ImageAsset
from tests.odd_files import CENTRES, QUARTERS, Odd, picture, png_of, quartered, saved
from tests.odd_inputs import odd_inputs
from tests.orientations import array_to_upright

ODD = odd_inputs()
LIMITS = Limits()
QUIET = [pytest.mark.filterwarnings("ignore")]


def test_there_are_enough_odd_inputs() -> None:
    assert len(ODD) >= 60
    assert len({odd.name for odd in ODD}) == len(ODD)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("odd", [odd for odd in ODD if not odd.refused], ids=lambda odd: odd.name)
def test_opens(odd: Odd) -> None:
    image = open_picture(odd.data, odd.name, Limits(**odd.limits))
    assert (image.width, image.height) == odd.size
    for (x, y), want in zip(CENTRES, odd.quarters, strict=True):
        got = image.pixels[int(y * image.height), int(x * image.width)]
        assert np.abs(got.astype(int) - want).max() <= odd.tolerance, (x, y, got, want, image.notes)
    assert re.search(odd.note, "; ".join(image.notes)), image.notes
    if not odd.note:
        assert image.notes == () or "damaged EXIF" in image.notes[0] or "bits a pixel" in image.notes[0]
    assert image.orientation == odd.orientation
    assert image.stored_size == (odd.size if odd.orientation < 5 else odd.size[::-1])
    assert image.pixels.flags.c_contiguous and not image.pixels.flags.writeable
    assert image.digest == ImageAsset.of(image.pixels).digest


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("odd", [odd for odd in ODD if odd.refused], ids=lambda odd: odd.name)
def test_refused(odd: Odd) -> None:
    with pytest.raises(InputError) as caught:
        open_picture(odd.data, odd.name, Limits(**odd.limits))
    assert re.search(odd.refused, caught.value.message), caught.value
    assert re.search(odd.remedy or r"\w+", caught.value.remedy), caught.value
    assert "\n" not in str(caught.value)


def test_a_bomb_is_refused_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: loaded.append(self))
    with pytest.raises(InputError, match="900 megapixels"):
        open_picture(png_of(30_000, 30_000, body=bytes(90_000)), "bomb.png", LIMITS)
    assert not loaded


def test_pillows_own_limit_decides_nothing_and_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_picture(saved(picture(), "PNG"), "a.png", LIMITS).width == 48
    assert Image.MAX_IMAGE_PIXELS == 100
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.filterwarnings("ignore")
def test_eight_threads_get_the_same_pictures() -> None:
    good = [odd for odd in ODD if not odd.refused and not odd.limits] * 2
    alone = {odd.name: open_picture(odd.data, odd.name, LIMITS).digest for odd in good}
    with ThreadPoolExecutor(8) as pool:
        together = pool.map(lambda odd: open_picture(odd.data, odd.name, LIMITS).digest, good)
    assert list(together) == [alone[odd.name] for odd in good]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_stored_frame_comes_back(orientation: int) -> None:
    odd = next(odd for odd in ODD if odd.name == f"turned_{orientation}.tiff")
    image = open_picture(odd.data, odd.name, LIMITS)
    with Image.open(io.BytesIO(odd.data)) as file:
        raw = np.frombuffer(odd.data, np.uint8, image.pixels.size, file.tag_v2[273][0])  # type: ignore[attr-defined]
    stored = raw.reshape(image.stored_size[1], image.stored_size[0], 3)
    assert np.array_equal(array_to_upright(stored, orientation), image.pixels)


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("cat.jpg", "cat.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\cat.jpg", "cat.jpg"),
        ("a\x00b\n\rc\x1b[31m.png", "a b c [31m.png"),
        ("\u202egpj.exe", "gpj.exe"),
        ("", "picture"),
        ("..", "picture"),
        ("/", "picture"),
        ("Größe 犬.png", "Größe 犬.png"),
        ("\ud800.png", ".png"),
        ("x" * 300 + ".jpeg", "x" * 74 + "….jpeg"),
        ("x" * 300, "x" * 79 + "…"),
    ],
)
def test_names_are_made_safe_to_show(given_name: str, shown: str) -> None:
    assert display_name(given_name) == shown
    assert len(display_name(given_name)) <= 80


def test_the_name_reaches_picture_and_error_clean() -> None:
    assert open_picture(saved(picture(), "PNG"), "../../x\n.png", LIMITS).name == "x .png"
    with pytest.raises(InputError, match=r"^'y\.png' is empty"):
        open_picture(b"", "/tmp/y.png", LIMITS)


VALID = [odd.data for odd in ODD if not odd.refused and len(odd.data) < 20_000]
SMALL = Limits(megapixels=1)


def never_breaks(data: bytes) -> None:
    try:
        image = open_picture(data, "x", SMALL)
    except InputError as error:
        assert error.message and error.remedy
    else:
        assert image.pixels.ndim == 3


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.binary(max_size=400), st.sampled_from([d[:16] for d in VALID]).flatmap(
    lambda head: st.binary(max_size=200).map(lambda tail: head + tail))))  # fmt: skip
def test_random_bytes_never_raise_anything_else(data: bytes) -> None:
    never_breaks(data)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_files_never_raise_anything_else(draw: st.DataObject) -> None:
    data = bytearray(draw.draw(st.sampled_from(VALID)))
    for place in draw.draw(st.lists(st.integers(0, len(data) - 1), max_size=6)):
        data[place] ^= 1 << draw.draw(st.integers(0, 7))
    never_breaks(bytes(data[: draw.draw(st.integers(0, len(data)))]))
    never_breaks(bytes(data))


def test_png_and_jpeg_come_back() -> None:
    pixels = quartered()
    assert np.array_equal(open_picture(encode_png(pixels), "a", LIMITS).pixels, pixels)
    coarse = open_picture(encode_jpeg(pixels, None, 95), "a", LIMITS).pixels
    for (x, y), want in zip(CENTRES, QUARTERS, strict=True):
        assert np.abs(coarse[int(y * 32), int(x * 48)].astype(int) - want).max() < 14
    with_alpha = np.dstack([pixels, np.full(pixels.shape[:2], 7, np.uint8)])
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encode_png(with_alpha)))), with_alpha)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encode_png(pixels[..., 0])))), pixels[..., 0])


def test_jpeg_is_shrunk_to_the_longer_side_and_never_enlarged() -> None:
    pixels = quartered(width=480, height=320)
    assert Image.open(io.BytesIO(encode_jpeg(pixels, 60))).size == (60, 40)
    assert Image.open(io.BytesIO(encode_jpeg(pixels, 4000))).size == (480, 320)


@pytest.mark.parametrize(("width", "height", "side"), [(481, 321, 60), (320, 481, 479), (3000, 9, 100), (97, 97, 96)])
def test_thumbnails_keep_every_part_in_its_place(width: int, height: int, side: int) -> None:
    small = thumbnail(quartered(width=width, height=height), side)
    assert max(small.shape[:2]) == side
    assert abs(small.shape[1] / small.shape[0] - width / height) < 1.5 * width / height / min(small.shape[:2])
    for (x, y), want in zip(CENTRES, QUARTERS, strict=True):
        if min(small.shape[:2]) >= 8:
            got = small[int(y * small.shape[0]), int(x * small.shape[1])]
            assert np.abs(got.astype(int) - want).max() <= 1
