"""Pictures decoded last: few, and bounded in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict

from core.types.image import ImageAsset

KEPT_DECODED, KEPT_BYTES = 3, 160_000_000  # three pictures of 12 megapixels are 108 MB


class Decoded:
    """An LRU of decoded pictures, for every chat of the process. The newest always stays."""

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
        """Keep a picture; the ones used longest ago leave."""
        with self._lock:
            self._items[key] = image
            self._items.move_to_end(key)
            while len(self._items) > 1 and (
                len(self._items) > self._at_most or sum(i.pixels.nbytes for i in self._items.values()) > self._nbytes
            ):
                self._items.popitem(last=False)

    def pop(self, key: str) -> None:
        with self._lock:
            self._items.pop(key, None)
