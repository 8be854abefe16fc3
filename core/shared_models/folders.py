"""What a model's weights tell of themselves before a library reads them: their version, and code of their own."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path

from core.errors import EngineUnavailable

WEIGHTS = (".safetensors", ".bin")  # of a folder
CONFIG = "config.json"
OWN_CODE = "auto_map"  # of a config.json: classes in Python files beside it


def refuse_own_code(folder: Path) -> None:
    """Raises `EngineUnavailable` where a folder's config.json names Python code of its own.

    What cannot be read is left to who loads it.
    """
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if isinstance(config, dict) and config.get(OWN_CODE):
        raise EngineUnavailable(
            f"The model {folder} brings its own code ({OWN_CODE} in its {CONFIG}), which is never run.",
            "Choose a model that the installed library knows by itself.",
        )


def some_of(names: Sequence[str], most: int) -> str:
    """ "a, b and 3 more": the first so many names."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def version_of(package: str, weights: Path) -> str:
    """The package's version and, of the weights, the revision of a hub's snapshot or their digest."""
    folder = weights if weights.is_dir() else weights.parent
    if folder.parent.name == "snapshots":
        mark = folder.name
    else:
        files = [weights] if weights.is_file() else sorted(f for f in weights.iterdir() if f.suffix in WEIGHTS)
        whole = hashlib.sha256()
        for file in files:
            with file.open("rb") as content:
                whole.update(hashlib.file_digest(content, "sha256").digest())
        mark = whole.hexdigest()
    return f"{package} {importlib.metadata.version(package)}, weights {mark[:12]}"
