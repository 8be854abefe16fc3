"""`doctor`: every port with its back-end, ready or why not, and what to do about it."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from core.cli.console import NOT_READY, print_json, table
from core.dialogue.engines import build_port
from core.engine_facts import facts_of, size_text
from core.registry import PORTS
from core.settings import ROOT, Settings, load_settings
from core.types.engine import EngineStatus

MAIN_JOB = ("detection", "segmentation", "intent", "keywords", "answering", "editing")  # what one turn needs
REQUIREMENTS = ROOT / "requirements-embedded.txt"


def run(options: argparse.Namespace) -> int:
    """Exit status 0 where the main job can be done, else 1."""
    settings = load_settings(options.settings)
    report = diagnose(settings)
    if options.json:
        print_json(report)
    else:
        print(_text(report))
    return 0 if report["ready"] else NOT_READY


def diagnose(settings: Settings) -> dict[str, Any]:
    """What works here; loads no model."""
    ports = {port: _port(settings, port) for port in PORTS}
    weights = _weights(settings.cache_dir)
    return {
        "ready": all(ports[port]["ready"] for port in MAIN_JOB),
        "ports": ports,
        "weights": weights,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": packages(REQUIREMENTS),
        "cache_dir": str(settings.cache_dir),
        "settings": list(settings.sources),
    }


def _port(settings: Settings, port: str) -> dict[str, Any]:
    status: EngineStatus = build_port(settings, port).status()
    facts = facts_of(status)
    return {
        "backend": settings.ports[port].backend,
        **_status(status),
        "model": facts.model,
        "device": facts.device,
        "dtype": facts.dtype,
        "weights": facts.weights,
        "bytes": facts.nbytes,
        "state": facts.state,
    }


def _status(status: EngineStatus) -> dict[str, Any]:
    return {
        "ready": status.ready,
        "reason": status.reason,
        "remedy": status.remedy,
        "details": {k: v if isinstance(v, bool | int | float) else str(v) for k, v in status.details.items()},
    }


def _weights(cache_dir: Path) -> dict[str, Any]:
    from core.shared_models.weights import Weights

    return _status(Weights(cache_dir).status())


def packages(requirements: Path) -> dict[str, str | None]:
    """Installed versions of what the embedded default needs; None where it is missing."""
    try:
        lines = requirements.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    found: dict[str, str | None] = {}
    for line in lines:
        name = line.split("#")[0].split(";")[0].split("==")[0].split(">=")[0].split("[")[0].strip()
        if not name or name.startswith("-"):
            continue
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def _text(report: Mapping[str, Any]) -> str:
    rows = [
        (port, p["backend"], "ready" if p["ready"] else "not ready", " ".join(filter(None, (p["reason"], p["remedy"]))))
        for port, p in (*report["ports"].items(), ("weights", {"backend": "cache", **report["weights"]}))
    ]
    missing = [name for name, version in report["packages"].items() if version is None]
    models = [
        (port, p["model"], ", ".join(filter(None, (p["device"], p["dtype"]))), p["state"],
         size_text(p["bytes"]) if p["bytes"] else "", p["weights"] or ("not here" if p["device"] else ""))
        for port, p in report["ports"].items()
        if p["model"] or p["weights"]
    ]  # fmt: skip
    lines = [table(("port", "back-end", "state", "why, and what to do"), rows), ""]
    if models:
        lines += [table(("port", "model", "on", "state", "size", "weights"), models, ("size",)), ""]
    if missing:
        lines.append(f"missing     {', '.join(missing)}: pip install -r requirements-embedded.txt")
    lines += [
        f"python      {report['python']} on {report['platform']}",
        f"cache       {report['cache_dir']}",
        f"settings    {', '.join(report['settings'])}",
        "The main job can be done." if report["ready"] else "The main job cannot be done yet.",
    ]
    return "\n".join(lines)
