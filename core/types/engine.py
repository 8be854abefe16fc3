"""Provenance: which engine measured a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class EngineInfo:
    """Who measured: inside every result, every table, every export.

    name: the back-end's name ("embedded/everyday").
    version: of the weights or package ("@vladmandic/human 3.3.6").
    note: what a reader must know of its limits, one sentence; may be empty.
    """

    name: str
    version: str = ""
    note: str = ""


@dataclass(frozen=True)
class EngineStatus:
    """Whether an engine can work here and now, for the doctor and the Home page.

    remedy_action names a remedy that the program can carry out itself ("fetch_weights"), or "".
    """

    ready: bool
    reason: str = ""
    remedy: str = ""
    remedy_action: str = ""
    details: MappingProxyType[str, Any] = field(default_factory=lambda: MappingProxyType({}))
