"""Repositories and single files of a hub, kept in the hub's own cache: huggingface_hub names, lists and files them.

Its transfers cannot be stopped within a pause and verify no digest, so the bytes come by `transfer`: into the place
where huggingface_hub itself would put and resume them. HF_HOME, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE count.
"""

from __future__ import annotations

import fnmatch
import hashlib
import importlib
import importlib.util
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from core.errors import EngineUnavailable
from core.jobs import Job
from core.shared_models import hub_errors, wire
from core.shared_models.disk import disk_error, room
from core.shared_models.placement import INSTALL
from core.shared_models.transfer import File, Progress, again, download, size_of

T = TypeVar("T")
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
SHARD = re.compile(r"(model|pytorch_model)-\d+-of-\d+\.(safetensors|bin)")
BLOB = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
PICKLES = "pytorch_model*.bin"
PARTS = re.compile(r"\d+_\w+")  # folders of a sentence-transformers' repository
REVISION = "main"


@dataclass(frozen=True)
class Entry:
    """One file of a repository. blob: its name in the hub's cache, which is its digest; "" where not told."""

    name: str
    nbytes: int
    blob: str

    @property
    def digests(self) -> dict[str, str]:
        return {"sha256" if len(self.blob) == 64 else "git": self.blob} if self.blob else {}


@dataclass(frozen=True)
class Repository:
    """name: "owner/name" (or an old name without owner). notes: a folder of ours for what was fetched."""

    name: str
    notes: Path

    def here(self, patterns: Sequence[str]) -> Path | None:
        """The folder of the revision that was fetched last, where nothing of it is missing. Asks no network."""
        folder = self._snapshot()
        if folder is None:
            return None
        noted = self._noted(folder.name, patterns)
        if noted is None:
            return folder if self._looks_whole(folder, patterns) else None
        whole = all((folder / n).is_file() and size in (0, (folder / n).stat().st_size) for n, size in noted.items())
        return folder if whole else None

    def file(self, name: str) -> Path | None:
        """One file of that revision, or None. Asks no network."""
        folder = self._snapshot()
        path = None if folder is None else folder / name
        return path if path is not None and path.is_file() else None

    def begun(self, patterns: Sequence[str]) -> bool:
        """Whether our own list of what is wanted lies here: then `here` knows what is missing."""
        folder = self._snapshot()
        return folder is not None and self._noted(folder.name, patterns) is not None

    def fetch(self, patterns: Sequence[str], job: Job, single: str = "") -> Path:
        """The folder with every wanted file (or the one file `single`), fetched and verified where it was not here.

        Raises `EngineUnavailable` (gated, missing, no network, damaged, full disk), `Cancelled`.
        """
        job.report(None, f"Asking for {self.name}")
        commit, entries = self._listed(job)
        wanted = [entry for entry in entries if entry.name == single] if single else chosen(entries, patterns)
        if not wanted:
            raise EngineUnavailable(
                f"The repository {self.name} has no {single or ' nor '.join(patterns)}.",
                f"It has: {', '.join(sorted(entry.name for entry in entries)[:12]) or 'nothing'}.",
            )
        try:
            if not single:
                self._note(commit, patterns, wanted)
            self._bring(wanted, commit, job)
            folder = self._filed(wanted, commit, job)
            self._refer(commit)
        except OSError as error:
            raise disk_error(error, self.name) from error
        return folder / single if single else folder

    def _bring(self, wanted: Sequence[Entry], commit: str, job: Job) -> None:
        hub, blobs = library(), self._root() / "blobs"
        locks = cache() / ".locks" / self._root().name
        ahead = [e for e in wanted if e.blob and not (blobs / e.blob).is_file()]
        sizes = {e.blob: e.nbytes - size_of(blobs / f"{e.blob}.incomplete") for e in ahead}
        room(blobs, max(sum(sizes.values()), 0), self.name)
        progress = Progress(job, sum(e.nbytes for e in wanted))
        headers = hub.utils.build_hf_headers()
        for entry in sorted(wanted, key=lambda e: e.nbytes):  # a refusal shows before the large ones come
            if entry.blob:
                address = hub.hf_hub_url(self.name, entry.name, revision=commit)
                file = File(address, entry.name, entry.nbytes, entry.digests, headers, self._explain)
                part, lock = blobs / f"{entry.blob}.incomplete", locks / f"{entry.blob}.lock"
                download(file, blobs / entry.blob, progress, part, lock)
            progress.done += entry.nbytes
            progress.tell(entry.name, 0)

    def _listed(self, job: Job) -> tuple[str, list[Entry]]:
        """The newest revision and its files."""
        hub = library()
        found: list[Any] = []

        def ask() -> None:
            found[:] = [self._called(job, lambda: hub.HfApi().model_info(self.name, files_metadata=True, timeout=10))]

        try:
            again(job, ask, lambda: 0)
        except wire.Passing as fault:
            raise EngineUnavailable(f"{self.name} cannot be asked for: {fault}.", wire.NETWORK) from fault
        entries = []
        for one in found[0].siblings or ():
            blob = str(getattr(one.lfs, "sha256", "") or one.blob_id or "")  # of a large file, blob_id is its pointer's
            entries.append(Entry(one.rfilename, int(one.size or 0), blob if BLOB.fullmatch(blob) else ""))
        return str(found[0].sha), entries

    def _filed(self, wanted: Sequence[Entry], commit: str, job: Job) -> Path:
        """The revision's folder: huggingface_hub makes it of the blobs that are here; what is none yet, it fetches."""
        hub, folder = library(), self._root() / "snapshots" / commit
        for entry in wanted:
            if (folder / entry.name).is_file():
                continue
            job.report(None, f"Filing {entry.name}")
            try:
                self._called(job, partial(hub.hf_hub_download, self.name, entry.name, revision=commit))
            except wire.Passing as fault:
                raise EngineUnavailable(f"{self.name} is not whole yet: {fault}.", "Download again.") from fault
        return folder

    def _called(self, job: Job, call: Callable[[], T]) -> T:
        """A call of huggingface_hub, its errors translated."""
        try:
            return wire.beside(job, call)
        except Exception as error:
            raise hub_errors.told(error, self.name, host()) from error

    def _explain(self, status: int, headers: Mapping[str, str], address: str) -> Exception:
        return hub_errors.answered(status, headers, address, self.name, host())

    def _root(self) -> Path:
        return cache() / f"models--{self.name.replace('/', '--')}"

    def _snapshot(self) -> Path | None:
        if not installed():
            return None
        try:
            commit = (self._root() / "refs" / REVISION).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return None
        folder = self._root() / "snapshots" / commit
        return folder if commit and folder.is_dir() else None

    def _refer(self, commit: str) -> None:
        refs = self._root() / "refs"
        refs.mkdir(parents=True, exist_ok=True)
        fresh = refs / f".{REVISION}.new"
        fresh.write_text(commit, encoding="utf-8")
        fresh.replace(refs / REVISION)

    def _note_path(self, commit: str, patterns: Sequence[str]) -> Path:
        mark = hashlib.sha256("\n".join(patterns).encode()).hexdigest()[:8]
        return self.notes / self._root().name / f"{commit}-{mark}.json"

    def _note(self, commit: str, patterns: Sequence[str], wanted: Sequence[Entry]) -> None:
        """Write down what belongs to a revision before its first byte comes."""
        path = self._note_path(commit, patterns)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({entry.name: entry.nbytes for entry in wanted}, indent=1), encoding="utf-8")

    def _noted(self, commit: str, patterns: Sequence[str]) -> dict[str, int] | None:
        try:
            found = json.loads(self._note_path(commit, patterns).read_text(encoding="utf-8"))
            return {str(name): int(size) for name, size in found.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return None

    def _looks_whole(self, folder: Path, patterns: Sequence[str]) -> bool:
        """Of a folder that another program fetched: its config, no file half fetched, and whole weights."""
        if not (folder / "config.json").is_file() or any((self._root() / "blobs").glob("*.incomplete")):
            return False
        return not any(p.endswith(".safetensors") for p in patterns) or has_weights(folder)


def chosen(entries: Sequence[Entry], patterns: Sequence[str]) -> list[Entry]:
    """What is fetched of a repository: each top file that a pattern names, and one form of the weights.

    The weights are `model.safetensors`, or its shards; pickled ones (`pytorch_model*.bin`) only where the repository
    has no safetensors at all: transformers reads them as plain tensors (weights_only), so they run no code. Folders
    count only in a sentence-transformers' repository (`modules.json`, `1_Pooling`).
    """
    parts = any(entry.name == "modules.json" for entry in entries)
    inside = [e for e in entries if "/" not in e.name or (parts and PARTS.fullmatch(e.name.rpartition("/")[0]))]
    named = [e for e in inside if any(fnmatch.fnmatchcase(e.name, pattern) for pattern in patterns)]
    if not any(pattern.endswith(".safetensors") for pattern in patterns):
        return named
    weights = [e for e in named if e.name.endswith(".safetensors")] or [
        e for e in inside if fnmatch.fnmatchcase(e.name, PICKLES)
    ]
    for choose in (_is_single, _is_shard):
        if any(choose(e.name) for e in weights):
            weights = [e for e in weights if choose(e.name) or "/" in e.name]
            break
    return [e for e in named if not e.name.endswith(".safetensors")] + weights


def _is_single(name: str) -> bool:
    return name in ("model.safetensors", "pytorch_model.bin")


def _is_shard(name: str) -> bool:
    return SHARD.fullmatch(name) is not None


def has_weights(folder: Path) -> bool:
    """Whether a folder holds weights in a form that transformers reads: one file, or an index and its shards."""
    for single in ("model.safetensors", "pytorch_model.bin"):
        if (folder / single).is_file():
            return True
        index = folder / f"{single}.index.json"
        if index.is_file():
            try:
                shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
            except (ValueError, KeyError, AttributeError, TypeError):
                return False
            return bool(shards) and all((folder / str(shard)).is_file() for shard in shards)
    return any(folder.glob("*.safetensors"))


def installed() -> bool:
    return importlib.util.find_spec("huggingface_hub") is not None


def library() -> Any:
    """The module huggingface_hub. Raises `EngineUnavailable`."""
    try:
        return importlib.import_module("huggingface_hub")
    except ImportError as error:
        raise EngineUnavailable("The package 'huggingface_hub' is not installed.", INSTALL) from error


def _constants() -> Any:
    return importlib.import_module("huggingface_hub.constants")


def cache() -> Path:
    return Path(_constants().HF_HUB_CACHE)


def offline() -> bool:
    """Whether the hub's own setting (HF_HUB_OFFLINE) forbids the network."""
    return installed() and bool(_constants().HF_HUB_OFFLINE)


def host() -> str:
    return urlsplit(str(_constants().ENDPOINT)).netloc
