"""How the models of this process run and where their weights come from: the same for every local engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Runtime:
    """The settings of `[local]`.

    offline: nothing is downloaded. keep_memory: on Linux torch keeps freed memory while it runs instead of giving it
    back and asking for it again, which takes a third of a pass; a page gives it back when nothing runs. threads: of one
    torch operation; 0 leaves it to torch. preview_seconds: a detection that takes longer is shown as a preview first.
    encodings_mb: picture encodings kept in memory (10^6 bytes), of each segmenter.
    """

    offline: bool = False
    keep_memory: bool = True
    threads: int = 0
    preview_seconds: float = 2.0
    encodings_mb: float = 64.0
