"""Archives that anybody could have written: each is refused with a remedy, and nothing of it is left behind."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import InputError, StorageError
from core.sessions import importing
from core.sessions.store import SessionStore
from tests.sessions.conftest import Open
from tests.sessions.test_archive import exported, full_chat
from tests.sessions.values import noise, settings_in
from tests.sessions.zips import Files, files_of, name_of, picture_name, signed, with_manifest, with_record, zipped


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    """A good archive, taken apart."""
    store = SessionStore(settings_in(tmp_path_factory.mktemp("source")))
    yield files_of(exported(store, full_chat(store)))
    store.close()


def everything(store: SessionStore) -> list[Path]:
    folders = (store.settings.data_dir / name for name in ("pictures", "measurements"))
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def refused(store: SessionStore, data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        store.import_("me", data)
    assert caught.value.message and caught.value.remedy
    assert store.chats("me") == [] and everything(store) == []
    return caught.value


def test_the_archive_that_the_lies_are_told_in_is_good(store: SessionStore, files: Files) -> None:
    assert store.import_("me", zipped(signed(files)))


def symlink(files: Files) -> bytes:
    """Its content is right: another program would follow it all the same."""
    name = picture_name(files)
    stream = io.BytesIO(zipped({other: data for other, data in files.items() if other != name}))
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(entry, files[name])
    return stream.getvalue()


def twice(files: Files) -> bytes:
    stream = io.BytesIO(zipped(files))
    with pytest.warns(UserWarning), zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("manifest.json", files["manifest.json"])
    return stream.getvalue()


def swapped(files: Files) -> Files:
    one, two = [name for name in files if name.startswith("pictures/")][:2]
    return signed({**files, one: files[two]})


ZIPS: dict[str, Callable[[Files], bytes]] = {
    "empty": lambda _: b"",
    "no zip": lambda _: b"this is no zip" * 100,
    "a zip without anything": lambda _: zipped({}),
    "truncated": lambda files: zipped(files)[:-200],
    "cut in the middle": lambda files: zipped(files)[: len(zipped(files)) // 2],
    "a flipped byte": lambda files: zipped(files).replace(files[picture_name(files)][40:60], bytes(20)),
    "another zip": lambda _: zipped({"readme.txt": b"hello"}),
    "a path out of the folder": lambda files: zipped(signed({**files, "../../evil.png": b"x"})),
    "an absolute path": lambda files: zipped(signed({**files, "/etc/passwd": b"x"})),
    "a path of Windows": lambda files: zipped(signed({**files, "..\\evil.png": b"x"})),
    "a picture under no digest": lambda files: zipped(signed({**files, "pictures/evil": b"x"})),
    "a file nobody listed": lambda files: zipped({**files, "pictures/" + "0" * 64: b"x"}),
    "a listed file that is missing": lambda files: zipped({n: d for n, d in files.items() if n != picture_name(files)}),
    "a symbolic link": symlink,
    "two files of one name": twice,
    "a changed record": lambda files: zipped({**files, "records/00003.json": files["records/00003.json"] + b" "}),
    "a picture under anothers digest": lambda files: zipped(swapped(files)),
    "a picture that is none": lambda files: zipped(signed({**files, picture_name(files): b"no picture"})),
    "measurements that are none": lambda files: zipped(signed({**files, name_of(files, "measurements"): b"nothing"})),
    "no JSON": lambda files: zipped({**files, "manifest.json": b"{"}),
    "JSON that is no table": lambda files: zipped({**files, "manifest.json": b"[1]"}),
    "JSON that is too deep": lambda files: zipped({**files, "manifest.json": b"[" * 100_000}),
    "no format": lambda files: zipped(with_manifest(files, format=None)),
    "a made up format": lambda files: zipped(with_manifest(files, format="1")),
    "no time": lambda files: zipped(with_manifest(files, created=float("nan"))),
    "pictures that are none": lambda files: zipped(with_manifest(files, pictures=[{"key": 1}])),
    "encrypted": lambda files: zipped(files).replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    ),
}


@pytest.mark.parametrize("name", ZIPS)
def test_a_damaged_or_hostile_zip_is_refused(store: SessionStore, files: Files, name: str) -> None:
    refused(store, ZIPS[name](files))


def masks(plain: Any) -> Any:
    return plain["results"][0]["turn"]["masks"]["items"][0]


def first_box(plain: Any) -> Any:
    return plain["results"][0]["turn"]["detections"]["items"][0]


RECORDS: dict[str, Callable[[Any], object]] = {
    "no record": lambda plain: plain.clear(),
    "an unknown kind": lambda plain: plain["results"][0]["turn"].update(status="dancing"),
    "a threshold that is none": lambda plain: plain["results"][0]["turn"]["thresholds"].update(nms_iou=7),
    "a parent that is not there": lambda plain: plain.update(parent="nobody"),
    "its own parent": lambda plain: plain.update(parent=plain["node"]),
    "no id": lambda plain: plain.update(id=""),
    "no time": lambda plain: plain.update(created=float("inf")),
    "a mask of another size": lambda plain: masks(plain).update(size=[61, 40]),
    "a mask of no size": lambda plain: masks(plain).update(size=[0, 0]),
    "a mask as large as the world": lambda plain: masks(plain).update(size=[10**9, 10**9]),
    "a mask beside the picture": lambda plain: masks(plain).update(box=[30, 7, 57 + 30, 31]),
    "a mask of other bits": lambda plain: masks(plain).update(box=[0, 0, 60, 40]),
    "a mask of another area": lambda plain: masks(plain).update(area=10**6),
    "an array of objects": lambda plain: masks(plain)["packed"].update(dtype="|O"),
    "an array as large as the world": lambda plain: masks(plain)["packed"].update(shape=[10**6, 10**6]),
    "an array of a negative size": lambda plain: masks(plain)["packed"].update(shape=[-1, 4]),
    "a box that is nowhere": lambda plain: first_box(plain).update(box=[float("nan"), 0, 1, 1]),
    "a score that is none": lambda plain: first_box(plain).update(score=float("inf")),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_that_lies_is_refused(store: SessionStore, files: Files, name: str) -> None:
    refused(store, zipped(with_record(files, RECORDS[name])))


def test_a_circle_of_requests_is_refused(store: SessionStore, files: Files) -> None:
    """A page that walks from the shown node to its first parent would never arrive."""
    last = json.loads(files["records/00003.json"])["node"]
    refused(store, zipped(with_record(files, lambda plain: plain.update(parent=last))))


def test_one_request_at_two_places_is_refused(store: SessionStore, files: Files) -> None:
    refused(store, zipped(with_record(files, lambda plain: plain.update(parent=""), 2)))


def test_two_records_of_one_id_are_refused(store: SessionStore, files: Files) -> None:
    first = json.loads(files["records/00000.json"])["id"]
    refused(store, zipped(with_record(files, lambda plain: plain.update(id=first), 3)))


def test_a_later_format_says_to_update(store: SessionStore, files: Files) -> None:
    error = refused(store, zipped(with_manifest(files, format=2)))
    assert "later version" in error.message and "Update" in error.remedy


def test_bombs_are_refused_before_they_are_unpacked(
    store: SessionStore, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = zipped(signed({**files, "records/00009.json": b" " * (importing.MOST_TEXT + 1)}), deflate=True)
    assert len(bomb) < importing.MOST_TEXT / 100
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("unpacked"))
    assert "too large" in refused(store, bomb).message
    many = {f"records/{n:05d}.json": b"" for n in range(importing.MOST_FILES)}
    assert "too large" in refused(store, zipped({**files, **many})).message


def test_a_bomb_that_lies_about_its_size_is_cut_off(store: SessionStore, files: Files) -> None:
    name = picture_name(files)
    honest = zipped({**files, name: bytes(3_000_000)}, deflate=True)
    size = (3_000_000).to_bytes(4, "little")
    assert honest.count(size) == 2
    refused(store, honest.replace(size, (100).to_bytes(4, "little")))


def test_arrays_that_are_small_only_when_packed_are_refused(
    store: SessionStore, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MOST_ARRAYS", 50)
    assert "too large" in refused(store, zipped(files)).message
    monkeypatch.setattr(importing, "MOST_ARRAYS", 50_000)
    monkeypatch.setattr(importing, "MOST_MEASURED", 100)
    assert "too large" in refused(store, zipped(files)).message


def test_a_picture_beyond_the_limits_is_refused(
    open_store: Open, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    monkeypatch.setattr(
        "core.sessions.importing.Import._most", lambda self, name: 100 if name.startswith("pictures/") else 10**8
    )
    large = noise(1, 100, 100)
    refused(store, zipped(signed({**files, picture_name(files): large})))


def test_a_full_disk_in_the_middle_leaves_nothing(
    store: SessionStore, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    for allowed in range(5):  # three pictures and two measurements are written
        left, real = [allowed], os.fdopen

        def full(*given: Any, left: list[int] = left, real: Any = real) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")
            return real(*given)

        monkeypatch.setattr("core.sessions.files.os.fdopen", full)
        with pytest.raises(StorageError, match="no room"):
            store.import_("me", zipped(files))
        monkeypatch.undo()
        assert store.chats("me") == [] and everything(store) == []


def test_a_database_that_fails_at_the_end_leaves_nothing(
    store: SessionStore, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise StorageError("It broke.", "Try again.")

    monkeypatch.setattr("core.sessions.rows.put_example", broken)
    with pytest.raises(StorageError, match="It broke"):
        store.import_("me", zipped(files))
    assert store.chats("me") == [] and everything(store) == []


def test_a_refused_archive_takes_no_picture_that_was_there(store: SessionStore, files: Files) -> None:
    good = store.import_("me", zipped(files))
    before = {path.name for path in everything(store)}
    with pytest.raises(InputError):
        store.import_("me", zipped(with_record(files, lambda plain: plain.update(parent="nobody"))))
    with pytest.raises(InputError):
        store.import_("me", zipped(with_record(files, lambda plain: masks(plain).update(area=1))))
    assert {path.name for path in everything(store)} == before
    assert all(store.pictures.open(ref) for ref in store.load("me", good).pictures)
