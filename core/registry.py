"""(port, back-end name) to "module:Class", imported only when chosen.

Never falls back to another back-end by itself.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import EngineUnavailable, SettingsError, WorkbenchError


@dataclass(frozen=True)
class Backend:
    """Where a back-end lives, and its own settings keys with their defaults.

    target: "module:Class", or "" where nothing serves the port yet; then `missing` and `remedy` say what and why.
    """

    target: str
    options: Mapping[str, Any] = field(default_factory=dict)
    missing: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class EngineContext:
    """What every engine is built with. cache_dir: weights and trained heads. assets: files of the project."""

    cache_dir: Path
    assets: Path


INSTALL = "Install it: pip install -r requirements-embedded.txt (or requirements.txt for the large models)."
REPAIR = "Check its own keys in the settings file and the packages that it needs."
PORTS = ("detection", "segmentation", "intent", "keywords", "speech", "answering", "planning", "editing")

BACKENDS: dict[tuple[str, str], Backend] = {
    ("detection", "embedded"): Backend("core.detection.embedded:EmbeddedDetector", {"tiles": False}),
    ("segmentation", "embedded"): Backend("core.segmentation.embedded:EmbeddedSegmenter", {"mask_head": True}),
    ("intent", "embedded"): Backend("core.intent.embedded:EmbeddedIntent"),
    ("keywords", "embedded"): Backend("core.keywords.embedded:EmbeddedKeywords"),
    ("editing", "embedded"): Backend("core.editing.fill:Fill", {"dilate": 0.03}),
    ("answering", "embedded"): Backend("core.generation.embedded:EmbeddedDescriber"),
    ("speech", "embedded"): Backend(
        "", missing="No speech engine is installed.", remedy="Type the request; everything else works without speech."
    ),
    ("planning", "embedded"): Backend(
        "",
        missing="No planner is installed.",
        remedy="Ask for one or two things at a time; they run in the order said.",
    ),
}


def allowed_backends(port: str) -> tuple[str, ...]:
    """The names that `[port] backend` may take."""
    return tuple(name for where, name in BACKENDS if where == port)


def allowed_options(port: str, backend: str) -> Mapping[str, Any] | None:
    """A back-end's own keys with their defaults; None for a plug-in, which checks its own."""
    known = BACKENDS.get((port, backend))
    return None if known is None else known.options


def build(port: str, backend: str, options: Mapping[str, Any], context: EngineContext) -> Any:
    """An engine of the chosen back-end. Cheap: weights load on first use.

    Raises `EngineUnavailable` where nothing serves the port, its package is missing or it cannot be made,
    `SettingsError` where its module has no such class.
    """
    known = BACKENDS.get((port, backend))
    if known is not None and not known.target:
        raise EngineUnavailable(known.missing, known.remedy)
    target = known.target if known is not None else backend
    module, _, name = target.partition(":")
    where = f"[{port}] back-end '{backend}'"
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise EngineUnavailable(
            f"{where} needs the package '{error.name}', which is not installed.",
            INSTALL if known is not None else "Install it, or put its folder on PYTHONPATH.",
        ) from error
    except Exception as error:  # a plug-in's module, or a library that cannot load here, breaks in its own way
        raise EngineUnavailable(f"{where} cannot be imported ({type(error).__name__}: {error}).", REPAIR) from error
    if not hasattr(found, name):
        raise SettingsError(f"[{port}] backend: {module} has no '{name}'.", "Write 'package.module:Class'.")
    try:
        return getattr(found, name)(context, **options)
    except WorkbenchError:
        raise
    except Exception as error:  # a plug-in checks its own options
        raise EngineUnavailable(f"{where} cannot be made ({type(error).__name__}: {error}).", REPAIR) from error
