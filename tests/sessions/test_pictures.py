"""Pictures by digest: kept whole or not at all, opened without loss, never more than fits."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import InputError, StorageError
from core.pictures import open_picture
from core.sessions import pictures as module
from core.sessions.pictures import Decoded, PictureStore
from core.settings import Limits
from core.types.image import ImageAsset
from core.types.picture import PictureRef
from tests.sessions.values import made_picture, noise, png
from tests.threads import answers_at_once

LIMITS = Limits()


@pytest.fixture
def kept(tmp_path: Path) -> PictureStore:
    return store_in(tmp_path)


def store_in(folder: Path, at_most_mb: float = 100.0, decoded: Decoded | None = None) -> PictureStore:
    return PictureStore(folder / "pictures", LIMITS, decoded or Decoded(at_most=1), at_most_mb)


def names(store: PictureStore) -> list[str]:
    return sorted(path.name for path in store.folder.glob("*") if path.is_file()) if store.folder.is_dir() else []


def test_a_file_is_named_by_its_digest_whatever_it_was_called(kept: PictureStore) -> None:
    data = png(1)
    ref = kept.add(data, "../../etc/passwd", "shapes")
    assert ref.key == hashlib.sha256(data).hexdigest() and names(kept) == [ref.key]
    assert (ref.name, ref.sample, ref.width, ref.height) == ("passwd", "shapes", 60, 40)
    assert kept.raw(ref) == data
    assert kept.open(ref).digest == ref.digest == open_picture(data, "x", LIMITS).digest


def test_what_is_no_picture_is_refused_and_leaves_nothing(kept: PictureStore) -> None:
    with pytest.raises(InputError):
        kept.add(b"no picture", "a.png")
    assert not names(kept)


def test_one_picture_has_one_file_and_each_chat_its_own_name_for_it(kept: PictureStore) -> None:
    first, second = kept.add(png(1), "one.png"), kept.add(png(1), "two.png")
    assert len(names(kept)) == 1
    assert kept.open(first).name == "one.png" and kept.open(second).name == "two.png"


def test_another_store_on_the_folder_opens_it(tmp_path: Path) -> None:
    ref = store_in(tmp_path).add(png(1), "a.png")
    assert store_in(tmp_path).open(ref).digest == ref.digest


def test_what_was_let_in_once_is_opened_under_smaller_limits(tmp_path: Path) -> None:
    ref = store_in(tmp_path).add(png(1), "a.png")
    strict = PictureStore(tmp_path / "pictures", Limits(upload_mb=1e-5, megapixels=1e-5), Decoded(), 100)
    assert strict.open(ref).digest == ref.digest


def test_made_pixels_are_seen_at_once_and_written_without_loss(tmp_path: Path, kept: PictureStore) -> None:
    image = made_picture()
    ref = kept.keep(image, "a.png (edited)", "edited")
    assert kept.open(ref).digest == image.digest and not names(kept)
    kept.save(ref)
    assert names(kept) == [ref.key] and kept._unsaved.get(ref.key) is None
    assert np.array_equal(store_in(tmp_path).open(ref).pixels, image.pixels)
    assert (ref.made_by, ref.name) == ("edited", "a.png (edited)")


def test_pixels_that_wait_to_be_written_do_not_fill_the_memory(kept: PictureStore) -> None:
    refs = [kept.keep(made_picture(shade), "x", "edited") for shade in range(module.KEPT_UNSAVED + 3)]
    assert kept.open(refs[-1]) and kept.open(refs[3])
    with pytest.raises(StorageError):
        kept.open(refs[0])


@pytest.mark.parametrize("side", [None, 30, 1000])
def test_a_shown_picture_is_as_large_as_asked(kept: PictureStore, side: int | None) -> None:
    ref = kept.add(noise(1, 300, 200), "a.png")
    shown = open_picture(kept.jpeg(ref, side), "x", LIMITS)
    assert (shown.width, shown.height) == ((30, 20) if side == 30 else (300, 200))
    assert kept.jpeg(ref, side) is kept.jpeg(ref, side)


def test_shown_pictures_are_bounded_in_bytes(kept: PictureStore, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = kept.add(noise(1, 300, 200), "a.png")
    size = len(kept.jpeg(ref, 200))
    bounded = PictureStore(kept.folder, LIMITS, Decoded(), 100)
    bounded._jpegs.max_bytes = 2 * size
    for side in range(190, 200):
        bounded.jpeg(ref, side)
    assert bounded._jpegs.used <= 2 * size


def test_a_thumbnail_needs_no_decoding_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = store_in(tmp_path)
    ref = first.add(noise(1, 800, 400), "a.png")
    data = first.thumbnail(ref)
    assert open_picture(data, "x", LIMITS).width == module.THUMBNAIL_SIDE
    monkeypatch.setattr(module, "open_picture", lambda *_: pytest.fail("decoded again"))
    assert store_in(tmp_path).thumbnail(ref) == data


def test_a_forgotten_picture_and_its_thumbnail_are_gone(kept: PictureStore) -> None:
    ref = kept.add(png(1), "a.png")
    kept.thumbnail(ref)
    kept.release([ref.key])
    assert kept.forget([ref.key]) == 1
    assert not [path for path in kept.folder.rglob("*") if path.is_file()]
    with pytest.raises(StorageError, match="no longer kept"):
        kept.open(ref)


def test_what_was_just_added_is_not_forgotten_with_anothers_last_reference(kept: PictureStore) -> None:
    ref = kept.add(png(1), "a.png")
    kept.add(png(1), "again.png")
    kept.release([ref.key])  # one chat refers to it; the other one's reference is on its way
    assert kept.forget([ref.key]) == 0 and kept.has(ref.key)
    kept.release([ref.key])
    assert kept.forget([ref.key]) == 1


def test_a_key_that_is_no_digest_reaches_no_file(tmp_path: Path, kept: PictureStore) -> None:
    (tmp_path / "secret").write_bytes(png(1))
    ref = replace(kept.add(png(2), "a.png"), key="../secret")
    for use in (kept.open, kept.raw, kept.jpeg, kept.thumbnail):
        with pytest.raises(StorageError):
            use(ref)
    assert kept.forget(["../secret"]) == 0 and (tmp_path / "secret").is_file()
    assert not kept.has("../secret")


def test_a_damaged_file_is_said_and_the_same_picture_mends_it(tmp_path: Path, kept: PictureStore) -> None:
    ref = kept.add(png(1), "a.png")
    size = len(png(1))
    (kept.folder / ref.key).write_bytes(b"\x00" * size)
    with pytest.raises(StorageError, match="damaged") as caught:
        store_in(tmp_path).open(ref)
    assert caught.value.remedy
    store_in(tmp_path).add(png(1), "a.png")
    assert store_in(tmp_path).open(ref).digest == ref.digest


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize("where", ["fsync", "fdopen"])
def test_a_full_disk_is_said_and_leaves_what_there_was(
    kept: PictureStore, monkeypatch: pytest.MonkeyPatch, code: int, where: str
) -> None:
    before = kept.add(png(1), "a.png")

    def full(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    made = kept.keep(made_picture(), "x", "edited")
    monkeypatch.setattr(f"core.sessions.files.os.{where}", full)
    for use in (lambda: kept.add(png(2), "b.png"), lambda: kept.save(made)):
        with pytest.raises(StorageError) as caught:
            use()
        assert os.strerror(code) in caught.value.message and caught.value.remedy
        assert ("Delete chats" in caught.value.remedy) == (code != errno.EROFS)
    assert names(kept) == [before.key]
    assert kept.open(before).digest == before.digest and kept.open(made).digest == made.digest
    monkeypatch.undo()
    kept.save(made)
    assert kept.add(png(2), "b.png").key in names(kept) and made.key in names(kept)


def test_more_than_is_allowed_is_refused_and_deleting_makes_room(tmp_path: Path) -> None:
    kept = store_in(tmp_path, at_most_mb=0.03)
    first = kept.add(noise(1, 80, 60), "a.png")
    kept.add(noise(2, 80, 60), "b.png")
    with pytest.raises(StorageError, match=r"0\.03 MB") as caught:
        kept.add(noise(3, 80, 60), "c.png")
    assert "pictures_mb" in caught.value.remedy and len(names(kept)) == 2
    kept.add(noise(1, 80, 60), "a again.png")  # takes no room
    kept.release([first.key, first.key])
    kept.forget([first.key])
    assert kept.add(noise(3, 80, 60), "c.png")


def test_what_another_process_added_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = store_in(tmp_path, at_most_mb=0.03), store_in(tmp_path, at_most_mb=0.03)
    one.add(noise(1, 80, 60), "a.png")
    other.add(noise(2, 80, 60), "b.png")
    monkeypatch.setattr(module, "COUNT_AGAIN_SECONDS", 0.0)
    with pytest.raises(StorageError):
        one.add(noise(3, 80, 60), "c.png")


def test_a_sweep_takes_orphans_and_half_files_but_nothing_young(kept: PictureStore) -> None:
    used, old, young = (kept.add(png(shade), "x") for shade in range(3))
    kept.release([used.key, old.key, young.key])
    part = kept.folder / ".abc.part"
    part.write_bytes(b"half")
    for path in (kept.folder / used.key, kept.folder / old.key, part):
        os.utime(path, (1000, 1000))
    assert kept.sweep({used.key}, before=time.time() - 3600) == 1
    assert names(kept) == sorted([used.key, young.key])


def test_eight_threads_add_and_open_one_picture(kept: PictureStore) -> None:
    data = noise(1, 400, 300)

    def use() -> tuple[PictureRef, str]:
        ref = kept.add(data, "a.png")
        return ref, kept.open(ref).digest

    answers = answers_at_once(use)
    assert len(answers) == 8 and len(set(answers)) == 1 and len(names(kept)) == 1


def test_many_threads_do_not_decode_at_once(kept: PictureStore, monkeypatch: pytest.MonkeyPatch) -> None:
    refs = [kept.add(png(shade), "a.png") for shade in range(8)]
    inside, most, lock, real = 0, 0, threading.Lock(), open_picture

    def slow(data: bytes, name: str, limits: Limits) -> ImageAsset:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.01)
        with lock:
            inside -= 1
        return real(data, name, limits)

    monkeypatch.setattr(module, "open_picture", slow)
    threads = [threading.Thread(target=kept.open, args=(ref,)) for ref in refs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= most <= module.DECODED_AT_ONCE


def test_a_turned_photograph_comes_back_upright(kept: PictureStore, tmp_path: Path) -> None:
    file = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (50, 20), (9, 9, 9)).save(file, exif=exif)
    ref = kept.add(file.read_bytes(), "turned.jpg")
    assert (ref.width, ref.height, ref.orientation, ref.stored_size) == (20, 50, 6, (50, 20))


def test_decoded_pictures_are_few_and_the_newest_stays() -> None:
    decoded = Decoded(at_most=2, nbytes=10)
    decoded.put("a", made_picture(1))
    decoded.put("b", made_picture(2))
    assert decoded.get("a") is None and decoded.get("b") is not None
    roomy = Decoded(at_most=2)
    for key in "abc":
        roomy.put(key, made_picture())
        roomy.get("a")
    assert roomy.get("a") is not None and roomy.get("b") is None
