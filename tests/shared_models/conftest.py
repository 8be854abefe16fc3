"""A tiny package of weights, and a script that stands for npm on PATH."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.shared_models import package, weights
from core.shared_models.weights import Weights
from tests.shared_models import tiny


def members(factor: float = 2.0) -> dict[str, bytes]:
    """The four files of the package, of models that multiply."""
    files = {}
    for name in ("centernet", "blazeface"):
        nodes = [tiny.picture(8), tiny.node("y", "Mul", ["x", "w"])]
        document, buffer = tiny.model(nodes, {"w": np.full(3, factor, np.float32)}, f"{name}.bin")
        files |= {f"{name}.json": document, f"{name}.bin": buffer}
    return files


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = members()
    pinned = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()}
    monkeypatch.setattr(package, "MEMBERS", pinned)
    conversions = {name: (model, ("y",), 8) for name, (model, _, _) in weights.CONVERSIONS.items()}
    monkeypatch.setattr(weights, "CONVERSIONS", conversions)
    file = tmp_path / "human.tgz"
    file.write_bytes(tiny.archive(files))
    return file


@pytest.fixture
def store(tmp_path: Path) -> Weights:
    return Weights(tmp_path / "cache")


def program(folder: Path, name: str, body: str) -> Path:
    """An executable shell script."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


@pytest.fixture
def fake_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    def make(body: str) -> Path:
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
        return program(tmp_path / "bin", "npm", body)

    return make


def remains(store: Weights) -> list[str]:
    """What a fetch has left beside the finished folder."""
    return [p.name for p in store.root.glob("*") if p != store.folder] if store.root.exists() else []
