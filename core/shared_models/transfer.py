"""One file from the web to the disk: gone on with where it broke off, verified, in its place only when whole."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from core.errors import EngineUnavailable
from core.jobs import Job
from core.shared_models import wire
from core.shared_models.digests import differing
from core.shared_models.disk import FULL, disk_error, room
from core.shared_models.impostors import impostor
from core.shared_models.wire import BY_HAND, NETWORK, POLL, Answer, Passing

RETRIES = 4  # tries in a row that bring less than MUCH
WAITS = (0.5, 1.0, 2.0, 4.0)  # seconds before each
MUCH = 1 << 20  # bytes
MOST = 100_000_000_000  # bytes; no checkpoint is larger, and an endless answer ends there
REPORT_SECONDS = 0.1
MB = 1e6
RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
Explain = Callable[[int, Mapping[str, str], str], Exception]


@dataclass(frozen=True)
class File:
    """What is fetched. nbytes: 0 where unknown. digests: of "sha256", "md5" and "git" (a blob's SHA-1) what is known.

    headers: for the address's own host, never shown. explain: an HTTP status, headers, address -> what to raise.
    """

    address: str
    name: str
    nbytes: int = 0
    digests: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    explain: Explain = wire.refused


@dataclass
class Progress:
    """Bytes of one or several files, told to the job. total: 0 where unknown. done: of the files before this one."""

    job: Job
    total: int = 0
    done: int = 0
    _last: float = 0.0

    def tell(self, name: str, here: int) -> None:
        """Also a check: raises `Cancelled`."""
        now = time.monotonic()
        if now - self._last < REPORT_SECONDS and self.done + here < self.total:
            self.job.check()
            return
        self._last = now
        so_far = self.done + here
        if self.total:
            text = f"{so_far / MB:.0f} of {self.total / MB:.0f} MB"
            self.job.report(min(so_far / self.total, 1.0), f"Downloading {name}: {text}")
        else:
            self.job.report(None, f"Downloading {name}: {so_far / MB:.0f} MB")


def download(file: File, target: Path, progress: Progress, part: Path | None = None, lock: Path | None = None) -> None:
    """Fetch `file` to `target`, unless it lies there.

    part: where it grows (default: beside it, ".part"); it stays when the transfer is stopped or breaks off. lock: what
    others that fetch the same wait for. Raises `EngineUnavailable`, `Cancelled`.
    """
    part = part or target.with_name(f"{target.name}.part")
    lock = lock or target.with_name(f"{target.name}.lock")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock.parent.mkdir(parents=True, exist_ok=True)
        with alone(lock, progress.job):
            if not target.is_file():
                _grow(file, part, progress)
                _verify(file, part, progress.job)
                part.replace(target)
                _note(part).unlink(missing_ok=True)
    except OSError as error:
        if error.errno in FULL:
            remove(part)  # others need the room
        raise disk_error(error, file.name) from error


def remove(part: Path) -> None:
    for path in (part, _note(part)):
        with suppress(OSError):
            path.unlink(missing_ok=True)


@contextmanager
def alone(lock: Path, job: Job) -> Iterator[None]:
    """One thread of one process at a time; who waits can be stopped."""
    from filelock import FileLock, Timeout

    held = FileLock(str(lock))
    while True:
        job.check()
        with suppress(Timeout):
            held.acquire(timeout=POLL)
            break
    try:
        yield
    finally:
        held.release()


def again(job: Job, attempt: Callable[[], None], gained: Callable[[], int]) -> None:
    """Try until it succeeds, with pauses; a try that `gained` MUCH starts the count anew. Raises the last `Passing`."""
    failures = 0
    while True:
        before = gained()
        try:
            return attempt()
        except Passing as fault:
            failures = 0 if gained() - before >= MUCH else failures + 1
            if failures > (RETRIES if fault.tries is None else fault.tries - 1):
                raise
            end = time.monotonic() + max(fault.wait, WAITS[max(failures, 1) - 1])
        while time.monotonic() < end:
            job.check()
            time.sleep(min(POLL, max(end - time.monotonic(), 0.0)))


def _grow(file: File, part: Path, progress: Progress) -> None:
    try:
        again(progress.job, lambda: _receive(file, part, progress), lambda: size_of(part))
    except Passing as fault:
        here, total = size_of(part), file.nbytes or int(_noted(part).get("total") or 0)
        if not here:
            reason = str(fault)
            raise EngineUnavailable(f"{file.name} did not come: {reason}.", NETWORK) from fault
        of = f" of {total / MB:,.1f}" if total else ""
        raise EngineUnavailable(
            f"The download of {file.name} broke off ({fault}): {here / MB:,.1f}{of} MB are here.",
            "Download again: it goes on from there.",
        ) from fault


def _receive(file: File, part: Path, progress: Progress) -> None:
    """One request: what is missing of the part is appended, or all of it written anew."""
    start = _start(file, part)
    if start and start == file.nbytes:
        return
    with wire.get(file.address, _asked(file, part, start), progress.job) as (answer, chunks):
        start, total, complete = _agreed(file, part, start, answer)
        if complete:
            return
        first = next(chunks, b"")
        _judge(file, first, start, total)
        room(part.parent, max(total - start, 0), file.name)
        _remember(file, part, answer, total)
        progress.total = progress.total or total
        here = start
        with part.open("ab" if start else "wb") as stream:
            for chunk in chain((first,) if first else (), chunks):
                here += len(chunk)
                if here > (total or MOST):
                    raise EngineUnavailable(f"{file.name} is larger than announced.", f"Try later; {BY_HAND}")
                stream.write(chunk)
                progress.tell(file.name, here)
    if here < total:  # urllib3 before version 2 does not notice
        raise Passing("the connection ended early")


def _asked(file: File, part: Path, start: int) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity", **file.headers}  # else a length would be that of the packed form
    if start:
        headers["Range"] = f"bytes={start}-"
        validator = str(_noted(part).get("validator") or "")
        if validator:
            headers["If-Range"] = validator
    return headers


def _agreed(file: File, part: Path, start: int, answer: Answer) -> tuple[int, int, bool]:
    """From which byte the body goes on, the file's bytes (0: unknown), and whether nothing is missing."""
    if answer.status == 206:
        found = RANGE.fullmatch(answer.headers.get("content-range", ""))
        if found is None or int(found[1]) != start:
            remove(part)
            raise Passing("the server sent another piece than asked for")
        return start, int(found[2]) if found[2] != "*" else file.nbytes, False
    if answer.status == 416:  # nothing beyond what is here
        if answer.headers.get("content-range", "") == f"bytes */{start}":
            return start, start, True
        remove(part)
        raise Passing("the file has changed at its source")
    if answer.status != 200:
        raise file.explain(answer.status, answer.headers, file.address)
    packed = answer.headers.get("content-encoding", "identity") != "identity"
    length = answer.headers.get("content-length", "")
    return 0, file.nbytes if packed or not length.isdigit() else int(length), False


def _judge(file: File, first: bytes, start: int, total: int) -> None:
    """Raises `EngineUnavailable` where the beginning of an answer shows that this is not the file."""
    reason = impostor(first) if first and not start else ""
    if reason:
        raise EngineUnavailable(
            f"{wire.shown(file.address)} gives {reason}.",
            f"Check the address (and whether a sign-in is due); {BY_HAND}",
        )
    if total > MOST or (file.nbytes and total != file.nbytes):
        known = f"{file.nbytes:,} are known" if file.nbytes else f"{MOST:,} are the limit"
        raise EngineUnavailable(
            f"{file.name} has {total:,} bytes at its source, where {known}.", f"Do not use it as it is; {BY_HAND}"
        )


def _verify(file: File, part: Path, job: Job) -> None:
    """Raises `EngineUnavailable` and removes the part where a digest or the size is not the known one."""
    size = size_of(part)
    if not size and not file.digests:
        remove(part)
        raise EngineUnavailable(f"{wire.shown(file.address)} gives an empty file.", f"Check the address; {BY_HAND}")
    if file.digests:
        job.report(None, f"Checking {file.name}")
    wrong = "size" if file.nbytes and size != file.nbytes else differing(part, file.digests, job)
    if wrong:
        remove(part)
        raise EngineUnavailable(
            f"{file.name} arrived damaged or changed (its {wrong} is not the known one) and was removed.",
            "Download it again; if this happens again, do not use that source.",
        )


def _start(file: File, part: Path) -> int:
    """Bytes of the part that can be gone on with: of this address, and with something to know the file by."""
    here = size_of(part)
    note = _noted(part)
    same = bool(file.digests) or (note.get("address") == _mark(file.address) and bool(note.get("validator")))
    if here and (not same or (file.nbytes and here > file.nbytes)):
        remove(part)
        return 0
    return here


def _remember(file: File, part: Path, answer: Answer, total: int) -> None:
    """What to know the file by when the download goes on: a strong ETag, or its date."""
    if file.digests and file.nbytes:
        return  # known without it
    tag = answer.headers.get("etag", "")
    validator = tag if tag.startswith('"') else answer.headers.get("last-modified", "")
    note = {"address": _mark(file.address), "validator": validator, "total": total}
    _note(part).write_text(json.dumps(note), encoding="utf-8")


def _noted(part: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(_note(part).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _mark(address: str) -> str:
    """An address may carry a key: only its digest is written down."""
    return hashlib.sha256(address.encode()).hexdigest()


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
