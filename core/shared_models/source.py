"""Where a local model's weights come from: a name of the hub, an address, a name that we know, or a path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import EngineUnavailable
from core.jobs import Job
from core.registry import EngineContext


@dataclass(frozen=True)
class Wanted:
    """What a model needs of a repository. patterns: file names to fetch; () for one file, with one of these `suffixes`.

    A path must be a folder with `config.json` where there are patterns, else a file.
    """

    patterns: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = (".pth", ".pt")


TRANSFORMERS = Wanted(("*.json", "*.safetensors", "*.txt", "*.model"))


@dataclass(frozen=True)
class Source:
    """model: as written in the settings. wanted: what is needed of it."""

    model: str
    wanted: Wanted
    context: EngineContext

    def here(self) -> Path | None:
        """The folder or file, where everything wanted lies on this machine; nothing is fetched, nothing raised."""
        path = Path(self.model).expanduser()
        if self.wanted.patterns:
            return path if (path / "config.json").is_file() else None
        return path if path.is_file() else None

    def fetch(self, job: Job) -> Path:
        """`here`, or downloaded with progress. Raises `EngineUnavailable` with the remedy."""
        found = self.here()
        if found is None:
            raise EngineUnavailable(f"There is no model at {self.model}.", "Check the path.")
        return found

    def missing(self) -> EngineUnavailable:
        """Why nothing is here, and what to do: said before a turn starts."""
        return EngineUnavailable(f"There is no model at {self.model}.", "Check the path.")

    @property
    def fetchable(self) -> bool:
        """Whether `fetch` may get it from elsewhere (a name or an address, and the settings are not offline)."""
        return False

    @property
    def nbytes(self) -> int:
        """Bytes of what lies here; 0 where nothing does."""
        found = self.here()
        if found is None:
            return 0
        files = [found] if found.is_file() else [file for file in found.rglob("*") if file.is_file()]
        return sum(file.stat().st_size for file in files)
