"""What an engine's status says of its model, in fields: the doctor and the Engines page tell the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.types.engine import EngineStatus

LOADED, LOADING, NOT_LOADED = "loaded", "loading", "not loaded"


@dataclass(frozen=True)
class EngineFacts:
    """What is known; "" or 0 where the engine says nothing.

    model: name or path, as in the settings. weights: the folder or file; nbytes: its size. state: "not ready",
    "loading", "loaded", "not loaded" (it loads at its first use), or "ready". memory: bytes of what is loaded.
    """

    model: str = ""
    device: str = ""
    dtype: str = ""
    weights: str = ""
    nbytes: int = 0
    state: str = "ready"
    memory: int = 0

    @property
    def placement(self) -> str:
        """ "cpu, float32"; before a model is loaded what the settings say."""
        if self.device == self.dtype == "auto":
            return "device auto"
        return ", ".join(filter(None, (self.device, self.dtype)))


def facts_of(status: EngineStatus) -> EngineFacts:
    """Reads `status.details`; a folder whose size the engine does not tell is measured."""
    details = status.details
    weights = str(details.get("weights") or details.get("folder") or "")
    nbytes = details.get("bytes")
    return EngineFacts(
        model=str(details.get("model") or ""),
        device=str(details.get("device") or ""),
        dtype=str(details.get("dtype") or ""),
        weights=weights if Path(weights).exists() else "",
        nbytes=nbytes if isinstance(nbytes, int) else size_of(Path(weights)) if weights else 0,
        state=str(details.get("state") or "ready") if status.ready else "not ready",
        memory=int(details.get("memory") or 0),
    )


def size_of(path: Path) -> int:
    """Bytes of a file, or of everything in a folder; 0 where there is none or it cannot be read."""
    try:
        files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        return sum(file.stat().st_size for file in files)
    except OSError:
        return 0


def size_text(nbytes: float) -> str:
    """In units of 10^6 bytes: "4.2 MB", "690 MB", "1.2 GB"."""
    if nbytes >= 1e9:
        return f"{nbytes / 1e9:.1f} GB"
    return f"{nbytes / 1e6:.1f} MB" if nbytes < 1e7 else f"{nbytes / 1e6:.0f} MB"
