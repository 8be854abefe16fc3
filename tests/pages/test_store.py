"""Pictures of a session: kept by digest, few of them decoded, gone with the session."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.settings import Limits
from core.types.image import ImageAsset
from pages.shared.pictures import Decoded, PictureStore
from tests.pages.conftest import png


@pytest.fixture
def store() -> PictureStore:
    return PictureStore(Limits(), Decoded())


def folder(store: PictureStore) -> Path:
    return store._folder


def test_a_file_is_kept_by_digest_whatever_it_is_called(store: PictureStore) -> None:
    ref = store.add(png(), "../../etc/passwd.png")
    assert [file.name for file in folder(store).iterdir()] == [ref.key]
    assert ref.name == "passwd.png" and (ref.width, ref.height) == (120, 80)
    assert store.open(ref).digest == ref.digest


def test_what_is_no_picture_is_refused_and_not_kept(store: PictureStore) -> None:
    with pytest.raises(InputError):
        store.add(b"nothing", "a.png")
    assert not list(folder(store).iterdir())


def test_a_picture_is_decoded_again_when_it_left_the_memory() -> None:
    store = PictureStore(Limits(), Decoded(at_most=1))
    first, second = store.add(png(colour=(1, 1, 1)), "a"), store.add(png(colour=(2, 2, 2)), "b")
    assert store.open(first).pixels[0, 0, 0] == 1
    assert store.open(second).pixels[0, 0, 0] == 2


def test_few_pictures_stay_decoded() -> None:
    decoded = Decoded(at_most=3, nbytes=100_000)
    images = [ImageAsset.of(np.full((100, 100, 3), n, np.uint8)) for n in range(5)]
    for image in images:
        decoded.put(image.digest, image)
    assert [decoded.get(image.digest) is not None for image in images] == [False, False, True, True, True]
    large = ImageAsset.of(np.zeros((300, 300, 3), np.uint8))
    decoded.put(large.digest, large)
    assert decoded.get(large.digest) is not None and decoded.get(images[4].digest) is None


def test_pixels_made_here_can_be_seen_at_once_and_are_written_without_loss(store: PictureStore) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (40, 50, 3), np.uint8)
    ref = store.keep(ImageAsset.of(pixels), "mine", "edited")
    assert not list(folder(store).iterdir()) and store.open(ref).digest == ref.digest
    store.save(ref)
    other = PictureStore(Limits(upload_mb=0.001), Decoded())
    (folder(other) / ref.key).write_bytes((folder(store) / ref.key).read_bytes())
    assert np.array_equal(other.open(ref).pixels, pixels)  # what is kept opens, even above the limit of uploads


def test_a_shown_picture_is_small_and_encoded_once(store: PictureStore) -> None:
    ref = store.add(png(3000, 20), "wide")
    jpeg = store.jpeg(ref)
    assert jpeg.startswith(b"\xff\xd8") and store.jpeg(ref) is jpeg


def test_the_folder_goes_with_the_session() -> None:
    store = PictureStore(Limits(), Decoded())
    store.add(png(), "a")
    place = folder(store)
    assert place.is_dir()
    del store
    gc.collect()
    assert not place.exists()


def test_a_dropped_picture_is_gone(store: PictureStore) -> None:
    store = PictureStore(Limits(), Decoded(at_most=1))
    ref = store.add(png(), "a.png")
    store.drop(ref)
    store.add(png(colour=(3, 3, 3)), "b.png")
    with pytest.raises(InputError, match=r"a\.png"):
        store.open(ref)
