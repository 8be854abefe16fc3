"""The everyday weights in the user's cache: found, verified, fetched.

`<cache>/weights/<FOLDER>/` holds three ONNX files and `manifest.json` with their sizes and digests, written at
conversion. The folder appears in one rename, so it is whole or not there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
import uuid
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.errors import EngineFailed, EngineUnavailable
from core.jobs import Job
from core.shared_models import npm, package
from core.shared_models.sessions import THREADS, Session, open_session
from core.types.engine import EngineInfo, EngineStatus

CONVERTER = 1  # raise it when the converter's output changes: older caches are then fetched again
FOLDER = f"human-{package.VERSION}-{CONVERTER}"
NAMES = ("everyday512", "everyday256", "blazeface")
MANIFEST = "manifest.json"
COMMAND = "python -m core weights"
FETCH = f"Fetch them: {COMMAND}"
FETCH_AGAIN = f"Fetch them again: {COMMAND}"
ACTION = "fetch_weights"
INSTALL_ATTEMPTS = 20
STALE_SECONDS = 3600.0  # a work folder this old belongs to a fetch that was killed

FACES = tuple(f"StatefulPartitionedCall/functional_1/conv2d_{i}/BiasAdd" for i in (33, 34, 35, 36))
CONVERSIONS: dict[str, tuple[str, tuple[str, ...], int]] = {  # name -> model in the package, outputs, picture side
    "everyday512": ("centernet", ("tower_0/keypoints", "tower_0/wh"), 512),
    "everyday256": ("centernet", ("tower_0/keypoints", "tower_0/CenternetHead/mul"), 256),
    "blazeface": ("blazeface", FACES, 256),
}


class Weights:
    """The cached nets "everyday512", "everyday256" and "blazeface". Cheap to make; thread-safe."""

    info = EngineInfo("embedded/everyday", f"{package.PACKAGE} {package.VERSION}")

    def __init__(self, cache_dir: Path) -> None:
        self.root = Path(cache_dir) / "weights"
        self.folder = self.root / FOLDER

    def path(self, name: str) -> Path:
        """The ONNX file of one net. Raises `EngineUnavailable` where it is missing; `load` also verifies it."""
        if name not in NAMES:
            raise ValueError(f"name must be one of {', '.join(NAMES)}, but got {name!r}")
        file = self.folder / f"{name}.onnx"
        if not file.is_file() or not (self.folder / MANIFEST).is_file():
            raise EngineUnavailable("The everyday weights (4 MB) have not been fetched yet.", FETCH)
        return file

    def load(self, name: str, threads: int = THREADS) -> Session:
        """A session of one net, its digest verified. Raises `EngineUnavailable` where it is missing or damaged."""
        return open_session(self._verified(name), name, FETCH_AGAIN, threads)

    def status(self) -> EngineStatus:
        """Ready, or missing or cut short; digests are left to `load` and `check`."""
        details = MappingProxyType({"version": self.info.version, "folder": str(self.folder)})
        try:
            for name in NAMES:
                if self.path(name).stat().st_size != self._entry(name)["bytes"]:
                    raise _damaged(name)
        except EngineUnavailable as error:
            return EngineStatus(False, error.message, error.remedy, ACTION, details)
        except OSError as error:
            return EngineStatus(False, f"The everyday weights cannot be read: {error}.", FETCH_AGAIN, ACTION, details)
        return EngineStatus(True, details=details)

    def check(self, job: Job) -> None:
        """Verify every file and load it once. Raises `EngineUnavailable` with its remedy."""
        for index, name in enumerate(NAMES):
            job.report(index / len(NAMES), f"checking {name}")
            self.load(name)
        job.report(1.0, "all weights are sound")

    def fetch(self, job: Job, archive: Path | None = None) -> None:
        """Fetch, verify, convert and install, unless sound weights are there already.

        archive: the package's .tgz, where it is at hand; otherwise npm fetches it. Cancelled or broken, nothing is left
        behind and what was there stays. Several processes may fetch at once.
        Raises `EngineUnavailable` (no network, no npm), `EngineFailed` (wrong digest, full disk), `Cancelled`.
        """
        job.report(0.0, "looking for the weights")
        if self._sound():
            job.report(1.0, "the weights are there already")
            return
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            _sweep(self.root)
            work = self.root / f".fetch-{uuid.uuid4().hex}"
            work.mkdir()
            try:
                self._make(work, archive, job)
            finally:
                shutil.rmtree(work, ignore_errors=True)
        except OSError as error:
            raise package.disk_error(error, self.root) from error
        job.report(1.0, "the weights are ready")

    def _make(self, work: Path, archive: Path | None, job: Job) -> None:
        tarball = archive if archive is not None else npm.download(package.PACKAGE, package.VERSION, work, job)
        job.report(0.6, "verifying the package")
        members = package.read_members(tarball, job)
        made = work / "made"
        made.mkdir()
        entries: dict[str, Any] = {}
        for index, (name, (model, outputs, size)) in enumerate(CONVERSIONS.items()):
            job.report(0.7 + 0.08 * index, f"converting {name}")
            data = _convert(members, model, outputs, size)
            open_session(data, name, FETCH_AGAIN, threads=1)  # what cannot be loaded is not installed
            (made / f"{name}.onnx").write_bytes(data)
            entries[name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        manifest = {"package": package.PACKAGE, "version": package.VERSION, "converter": CONVERTER, "files": entries}
        (made / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        job.report(0.95, "installing")
        self._install(made, work / "old")

    def _install(self, made: Path, aside: Path) -> None:
        """Rename the new folder into place; another process may be doing the same at this moment."""
        aside.mkdir()
        for attempt in range(INSTALL_ATTEMPTS):
            if self._sound():
                return  # another process was faster: its files are as good
            try:
                if self.folder.exists():
                    self.folder.rename(aside / str(attempt))
                made.rename(self.folder)
                return
            except OSError:  # it came or went between the two lines
                time.sleep(0.05)
        raise EngineFailed(f"The weights cannot be put into {self.folder}.", f"Remove that folder, then: {COMMAND}")

    def _sound(self) -> bool:
        try:
            for name in NAMES:
                self._verified(name)
        except EngineUnavailable:
            return False
        return True

    def _entry(self, name: str) -> dict[str, Any]:
        try:
            entry = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))["files"][name]
            return {"sha256": str(entry["sha256"]), "bytes": int(entry["bytes"])}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(MANIFEST) from error

    def _verified(self, name: str) -> bytes:
        try:
            data = self.path(name).read_bytes()
        except OSError as error:
            raise _damaged(name) from error
        if hashlib.sha256(data).hexdigest() != self._entry(name)["sha256"]:
            raise _damaged(name)
        return data


def _convert(members: dict[str, bytes], model: str, outputs: tuple[str, ...], size: int) -> bytes:
    try:
        from core.shared_models.tfjs import read_graph
        from core.shared_models.tfjs_onnx import to_onnx

        graph = read_graph(members[f"{model}.json"], {f"{model}.bin": members[f"{model}.bin"]})
        return to_onnx(graph, outputs, size)
    except ImportError as error:
        raise EngineUnavailable(
            "The package 'onnx' is not installed; the weights cannot be converted.",
            f"Install it: pip install -r requirements-embedded.txt, then: {COMMAND}",
        ) from error


def _damaged(name: str) -> EngineUnavailable:
    return EngineUnavailable(f"The cached weights are damaged ({name}).", FETCH_AGAIN)


def _sweep(root: Path) -> None:
    """Remove work folders of fetches that were killed."""
    for folder in root.glob(".fetch-*"):
        try:
            if time.time() - folder.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # another process swept it
