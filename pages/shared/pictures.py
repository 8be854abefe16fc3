"""A session's pictures: encoded bytes in a temporary folder, by digest; the last few decoded ones in memory."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import InputError
from core.pictures import encode_jpeg, encode_png, open_picture
from core.settings import Limits
from core.types.image import ImageAsset

SCREEN_SIDE = 1460  # Streamlit shrinks anything wider to twice its 730 px column, and encodes it again
SCREEN_QUALITY = 88
KEPT_DECODED, KEPT_BYTES = 3, 160_000_000  # three pictures of 12 megapixels are 108 MB
KEPT_JPEGS = 24


@dataclass(frozen=True)
class PictureRef:
    """A picture that a session holds, without its pixels.

    key: SHA-256 of the encoded bytes, the file's name in the store. digest: of the upright pixels. sample: the sample's
    key, or "". made_by: what made it ("edited"), or "".
    """

    key: str
    digest: str
    name: str
    width: int
    height: int
    format: str = ""
    stored_size: tuple[int, int] = (0, 0)
    orientation: int = 1
    notes: tuple[str, ...] = ()
    sample: str = ""
    made_by: str = ""

    @property
    def size(self) -> str:
        """Width and height, for display."""
        return f"{self.width} × {self.height} px"


class Decoded:
    """The pictures decoded last, for every session of the process: few, and bounded in bytes."""

    def __init__(self, at_most: int = KEPT_DECODED, nbytes: int = KEPT_BYTES) -> None:
        self._at_most, self._nbytes = at_most, nbytes
        self._items: OrderedDict[str, ImageAsset] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> ImageAsset | None:
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
            return self._items.get(key)

    def put(self, key: str, image: ImageAsset) -> None:
        """Keep a picture; the ones used longest ago leave (the newest always stays)."""
        with self._lock:
            self._items[key] = image
            self._items.move_to_end(key)
            while len(self._items) > 1 and (
                len(self._items) > self._at_most or sum(i.pixels.nbytes for i in self._items.values()) > self._nbytes
            ):
                self._items.popitem(last=False)


class PictureStore:
    """Pictures of one session. The folder goes when the session does (or the process).

    Files are named by digest, never by what the user called them. Thread-safe: the worker opens and keeps pictures.
    """

    def __init__(self, limits: Limits, decoded: Decoded) -> None:
        self._limits, self._decoded = limits, decoded
        self._folder = Path(tempfile.mkdtemp(prefix="vlp-pictures-"))
        self._unsaved: dict[str, ImageAsset] = {}
        self._jpegs: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def add(self, data: bytes, name: str, sample: str = "") -> PictureRef:
        """Open an encoded picture and keep it. Raises `InputError`."""
        image = open_picture(data, name, self._limits)
        key = hashlib.sha256(data).hexdigest()
        (self._folder / key).write_bytes(data)
        self._decoded.put(key, image)
        return _ref(key, image, sample=sample)

    def keep(self, image: ImageAsset, name: str, made_by: str) -> PictureRef:
        """Keep pixels that were made here, at once; `save` encodes them (12 megapixels take most of a second)."""
        self._unsaved[image.digest] = image
        return _ref(image.digest, replace(image, name=name), made_by=made_by)

    def save(self, ref: PictureRef) -> None:
        """Write what `keep` holds, without loss."""
        image = self._unsaved.get(ref.key)
        if image is not None:
            (self._folder / ref.key).write_bytes(encode_png(image.pixels))
            self._decoded.put(ref.key, image)
            self._unsaved.pop(ref.key, None)

    def open(self, ref: PictureRef) -> ImageAsset:
        """The decoded picture, under the name that this session gave it. Raises `InputError` where the file is gone."""
        image = self._unsaved.get(ref.key) or self._decoded.get(ref.key)
        if image is None:
            try:
                data = (self._folder / ref.key).read_bytes()
            except OSError as error:
                raise InputError(f"'{ref.name}' is no longer kept here.", "Open the picture again.") from error
            image = open_picture(data, ref.name, replace(self._limits, upload_mb=len(data) / 1e6))  # let in before
            self._decoded.put(ref.key, image)
        return replace(image, name=ref.name)

    def jpeg(self, ref: PictureRef, max_side: int = SCREEN_SIDE) -> bytes:
        """The picture as it is shown: at most `max_side` wide or high."""
        name = f"{ref.key} {max_side}"
        with self._lock:
            if name in self._jpegs:
                self._jpegs.move_to_end(name)
                return self._jpegs[name]
        data = encode_jpeg(self.open(ref).pixels, max_side, SCREEN_QUALITY)
        with self._lock:
            self._jpegs[name] = data
            while len(self._jpegs) > KEPT_JPEGS:
                self._jpegs.popitem(last=False)
        return data

    def drop(self, ref: PictureRef) -> None:
        """Forget a picture that nothing refers to any more."""
        self._unsaved.pop(ref.key, None)
        (self._folder / ref.key).unlink(missing_ok=True)


def _ref(key: str, image: ImageAsset, sample: str = "", made_by: str = "") -> PictureRef:
    return PictureRef(
        key, image.digest, image.name, image.width, image.height, image.format, image.stored_size, image.orientation,
        image.notes, sample, made_by,
    )  # fmt: skip
