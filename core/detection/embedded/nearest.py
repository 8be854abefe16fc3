"""The class whose name lies nearest to a noun, by sentence embedding; used only where the lexicon knows nothing."""

from __future__ import annotations

import functools
import threading

from core.errors import EngineUnavailable
from core.shared_models.everyday import CLASSES
from core.shared_models.minilm import shared_minilm
from core.types.arrays import Floats

# cosine of "a {noun}" to "a {class}": at .70 the precision was .97 and the recall .76 on 190 everyday nouns
NEAR = 0.70
LONGEST = 60  # characters; a longer noun is none


class NearestClass:
    """Nouns to class names. The embedding loads at first use; thread-safe."""

    def __init__(self) -> None:
        self._names: Floats | None = None
        self._lock = threading.Lock()
        self.find = functools.lru_cache(4096)(self._find)

    def _find(self, noun: str) -> str | None:
        """The nearest class at a cosine of at least `NEAR`, or None; None too where the embedding is not installed.

        A compound and its last word must name the same class: "dog collar" lies near "dog", "collar" does not.
        """
        if not noun or len(noun) > LONGEST:
            return None
        try:
            vectors = shared_minilm().embed([f"a {noun}", f"a {noun.split()[-1]}"])
            cosines = vectors @ self._class_vectors().T
        except EngineUnavailable:
            return None  # the lexicon alone decides; `EmbeddedDetector.status` tells
        whole, last = (int(i) for i in cosines.argmax(1))
        return CLASSES[whole] if whole == last and cosines.max(1).min() >= NEAR else None

    def _class_vectors(self) -> Floats:
        with self._lock:
            if self._names is None:
                self._names = shared_minilm().embed([f"a {name}" for name in CLASSES])
            return self._names
