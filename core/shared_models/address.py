"""Single files by their address, and checkpoints that are known by name (`assets/models/checkpoints.toml`)."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.errors import EngineUnavailable
from core.jobs import Job
from core.shared_models.digests import in_address
from core.shared_models.transfer import File, Progress, download

FOLDER = "checkpoints"  # in the cache folder
LIST = "models/checkpoints.toml"  # in the assets
UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Checkpoint:
    """A file of the web. nbytes: 0 where unknown."""

    address: str
    nbytes: int = 0
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        return UNSAFE.sub("_", Path(unquote(urlsplit(self.address).path)).name).strip(".") or "weights"

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc.rpartition("@")[2]

    def path(self, cache_dir: Path) -> Path:
        """Where it lies or will lie; two addresses never share a place."""
        mark = hashlib.sha256(self.address.encode()).hexdigest()[:12]
        return cache_dir / FOLDER / mark / self.file_name

    def fetch(self, cache_dir: Path, job: Job) -> Path:
        """Fetched and verified. Raises `EngineUnavailable`, `Cancelled`."""
        path = self.path(cache_dir)
        progress = Progress(job, self.nbytes)
        download(File(self.address, self.file_name, self.nbytes, self.digests), path, progress)
        return path


def is_address(model: str) -> bool:
    """Whether it is written like an address, of any scheme; only http and https can be fetched."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", model) is not None


def by_address(address: str) -> Checkpoint:
    """Raises `EngineUnavailable` where the scheme is none of the web's."""
    if urlsplit(address).scheme.lower() not in ("http", "https"):
        raise EngineUnavailable(f"{address!r} is no http or https address.", "Check `model` in the settings.")
    return Checkpoint(address, 0, in_address(address))


def known(assets: Path) -> Mapping[str, Checkpoint]:
    """Checkpoints by name."""
    return _listed(assets)[0]


def about(repository: str, assets: Path) -> int:
    """About how many bytes a repository of the hub takes; 0 where not known."""
    return _listed(assets)[1].get(repository, 0)


@lru_cache(maxsize=8)
def _listed(assets: Path) -> tuple[Mapping[str, Checkpoint], Mapping[str, int]]:
    tables = tomllib.loads((assets / LIST).read_text(encoding="utf-8"))
    sizes = {str(name): int(size) for name, size in tables.pop("hub", {}).items()}
    named = {
        name: Checkpoint(
            table["address"], int(table.get("bytes", 0)), {k: table[k] for k in ("sha256", "md5") if k in table}
        )
        for name, table in tables.items()
    }
    return named, sizes
