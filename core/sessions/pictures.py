"""Pictures as files by digest, shared by all chats and users of an installation; the last few decoded in memory."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import re
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from core.errors import InputError, StorageError
from core.memo import Memo
from core.pictures import encode_jpeg, encode_png, open_picture
from core.sessions.decoded import Decoded
from core.sessions.files import remove_parts, storage_error, write_whole
from core.settings import Limits
from core.types.image import ImageAsset
from core.types.picture import PictureRef

__all__ = ["Decoded", "PictureStore"]

KEY = re.compile(r"[0-9a-f]{64}")
SHOWN_QUALITY = 88
THUMBNAIL_SIDE = 320
KEPT_JPEG_BYTES = 96_000_000  # about 25 full pictures of 12 megapixels, or 400 as wide as a screen
KEPT_UNSAVED, KEPT_UNSAVED_BYTES = 8, 400_000_000
DECODED_AT_ONCE = 2  # decoding in every thread at once would take a picture's memory for each
CLAIM_SECONDS = 3600.0
COUNT_AGAIN_SECONDS = 60.0  # other processes add and delete too
REOPEN = "Open the picture again."


class PictureStore:
    """at_most_mb: what all files may take together, in 10^6 bytes.

    Files are named by digest, never by what the user called them. What was just added is claimed: it is not deleted
    with another chat's last reference until the new one is written (`release`) or an hour has passed. Thread-safe.
    """

    def __init__(self, folder: Path, limits: Limits, decoded: Decoded, at_most_mb: float) -> None:
        self.folder, self._limits, self._decoded = folder, limits, decoded
        self._at_most = at_most_mb * 1e6
        self._unsaved = Decoded(KEPT_UNSAVED, KEPT_UNSAVED_BYTES)
        self._jpegs = Memo(KEPT_JPEG_BYTES)
        self._lock = threading.Lock()
        self._decoding = threading.BoundedSemaphore(DECODED_AT_ONCE)
        self._claims: defaultdict[str, list[float]] = defaultdict(list)
        self._used, self._counted = 0, -math.inf

    def add(self, data: bytes, name: str, sample: str = "") -> PictureRef:
        """Open an encoded picture and keep it. Raises `InputError`, and `StorageError` where there is no room."""
        image = open_picture(data, name, self._limits)
        key = hashlib.sha256(data).hexdigest()
        self.write(key, data)
        self._decoded.put(key, image)
        return reference(key, image, sample=sample)

    def keep(self, image: ImageAsset, name: str, made_by: str) -> PictureRef:
        """Keep pixels that were made here, at once; `save` encodes them (12 megapixels take most of a second)."""
        self._unsaved.put(image.digest, image)
        return reference(image.digest, replace(image, name=name), made_by=made_by)

    def keep_edited(self, image: ImageAsset, source: PictureRef) -> PictureRef:
        """Keep what was made of a picture, under its name."""
        name = source.name if source.made_by else f"{source.name} (edited)"
        return self.keep(image, name, "edited")

    def save(self, ref: PictureRef) -> None:
        """Write what `keep` holds, without loss. Raises `StorageError`; then it is still held."""
        image = self._unsaved.get(ref.key)
        if image is not None:
            with self._decoding:
                data = encode_png(image.pixels)
            self.write(ref.key, data)
            self._decoded.put(ref.key, image)
            self._unsaved.pop(ref.key)

    def write(self, key: str, data: bytes) -> bool:
        """Claim a picture's name and put its bytes there; False where they stood there already."""
        file = self._file(key)
        with self._lock:
            self._claims[key].append(time.monotonic())
        try:
            if _holds(file, data):
                return False
            self._take_room(len(data))
            write_whole(file, data)
        except StorageError:
            self.release([key])
            raise
        return True

    def release(self, keys: Iterable[str]) -> None:
        """One claim on each of these is over: the reference is written, or given up."""
        with self._lock:
            for key in keys:
                if self._claims.get(key):
                    self._claims[key].pop(0)
                if key in self._claims and not self._claims[key]:
                    del self._claims[key]

    def open(self, ref: PictureRef) -> ImageAsset:
        """The decoded picture, under the name that its chat gave it.

        Raises `StorageError` where the file is gone or damaged.
        """
        image = self._unsaved.get(ref.key) or self._decoded.get(ref.key)
        if image is None:
            with self._decoding:
                image = self._decoded.get(ref.key) or self._decode(ref)  # another thread may have been first
        return replace(image, name=ref.name)

    def jpeg(self, ref: PictureRef, max_side: int | None = None) -> bytes:
        """The picture as it is shown: at most `max_side` wide or high, or in full."""
        name = f"{ref.key} {max_side}"
        found = self._jpegs.get(name)
        if isinstance(found, bytes):
            return found
        image = self.open(ref)
        with self._decoding:
            data = encode_jpeg(image.pixels, max_side, SHOWN_QUALITY)
        self._jpegs.put(name, data, len(data))
        return data

    def thumbnail(self, ref: PictureRef) -> bytes:
        """A JPEG of at most `THUMBNAIL_SIDE`, kept on the disk: a list of chats opens without decoding its pictures."""
        file = self._thumbnail(ref.key)
        with contextlib.suppress(OSError):
            return file.read_bytes()
        data = self.jpeg(ref, THUMBNAIL_SIDE)
        with contextlib.suppress(StorageError):  # it can be made again
            if self._file(ref.key).is_file():
                write_whole(file, data)
        return data

    def raw(self, ref: PictureRef) -> bytes:
        """The encoded bytes as they were given (of a made picture: PNG). Raises `StorageError`."""
        self.save(ref)
        try:
            return self._file(ref.key).read_bytes()
        except OSError as error:
            raise StorageError(f"'{ref.name}' is no longer kept here.", REOPEN) from error

    def has(self, key: str) -> bool:
        return bool(KEY.fullmatch(key)) and (self._file(key).is_file() or self._unsaved.get(key) is not None)

    def forget(self, keys: Iterable[str]) -> int:
        """Delete these pictures, but those that are claimed; how many files went."""
        gone = 0
        for key in keys:
            with self._lock:  # a claim made after this look finds no file, and writes it again
                if self._claimed(key) or not KEY.fullmatch(key):
                    continue
                with contextlib.suppress(FileNotFoundError, PermissionError):  # Windows keeps a file that is being read
                    self._file(key).unlink()
                    gone += 1
                self._counted = -math.inf
            self._thumbnail(key).unlink(missing_ok=True)
            self._unsaved.pop(key)
            self._decoded.pop(key)
        return gone

    def sweep(self, referenced: Collection[str], before: float) -> int:
        """Delete what nothing refers to and is older than `before` (seconds since 1970); how many files went."""
        remove_parts(self.folder, before)
        remove_parts(self._thumbnail("").parent, before)
        return self.forget(key for key, s in self._entries() if key not in referenced and s.st_mtime < before)

    def _decode(self, ref: PictureRef) -> ImageAsset:
        limits = replace(self._limits, upload_mb=math.inf, megapixels=math.inf, min_side_px=1)  # let in before
        try:
            image = open_picture(self.raw(ref), ref.name, limits)
        except InputError as error:
            raise StorageError(f"The kept file of '{ref.name}' is damaged.", REOPEN) from error
        self._decoded.put(ref.key, image)
        return image

    def _file(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise StorageError("This picture is no longer kept here.", REOPEN)
        return self.folder / key

    def _thumbnail(self, key: str) -> Path:
        return self.folder / "thumbnails" / f"{key}.jpg"

    def _claimed(self, key: str) -> bool:
        return any(time.monotonic() - made < CLAIM_SECONDS for made in self._claims.get(key, ()))

    def _entries(self) -> list[tuple[str, os.stat_result]]:
        """Keys with what the system says of their files."""
        found = []
        try:
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):  # another process deletes too
                        if KEY.fullmatch(entry.name):
                            found.append((entry.name, entry.stat()))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise storage_error(error, self.folder) from error
        return found

    def _take_room(self, size: int) -> None:
        with self._lock:
            now = time.monotonic()
            if now - self._counted > COUNT_AGAIN_SECONDS or self._used + size > self._at_most:
                self._used, self._counted = sum(status.st_size for _, status in self._entries()), now
            if self._used + size > self._at_most:
                raise StorageError(
                    f"The kept pictures would take more than {self._at_most / 1e6:g} MB.",
                    "Delete chats, or raise [sessions] pictures_mb.",
                )
            self._used += size


def _holds(file: Path, data: bytes) -> bool:
    """Whether the file has these very bytes; one that was damaged is written again."""
    try:
        held = file.stat().st_size == len(data) and file.read_bytes() == data
        if held:
            os.utime(file)  # young again: no sweep takes it before it is referred to
        return held
    except OSError:
        return False


def reference(key: str, image: ImageAsset, sample: str = "", made_by: str = "") -> PictureRef:
    """What is known of a picture under this key."""
    return PictureRef(
        key, image.digest, image.name, image.width, image.height, image.format, image.stored_size, image.orientation,
        image.notes, sample, made_by,
    )  # fmt: skip
