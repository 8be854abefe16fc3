"""What the tests of sources share: a hub on loopback as huggingface_hub's own, sources, and jobs that note."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.jobs import Job
from core.registry import EngineContext
from core.settings import ASSETS
from core.shared_models import transfer
from core.shared_models.source import TRANSFORMERS, Source, Wanted
from core.types.runtime import Runtime
from tests.loopback_hub import Hub, Repo, serving

NAME = "someone/tiny"
WEIGHTS = bytes(range(256)) * 1200  # 307,200 bytes, a large file; no safetensors, which nothing here reads
FILE = Wanted()
Make = Callable[..., Source]


def safetensors(body: bytes = WEIGHTS) -> bytes:
    """One tensor of bytes, as safetensors lays it out."""
    header = b'{"w":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (len(body), len(body))
    return len(header).to_bytes(8, "little") + header + body


def tiny_repo() -> Repo:
    return Repo(
        {
            "config.json": b'{"model_type": "tiny"}',
            "tokenizer.json": b"{}",
            "vocab.txt": b"a\nb\n",
            "README.md": b"not wanted",
            "model.safetensors": safetensors(),
            "pytorch_model.bin": b"PK-pickled" * 1000,
            "onnx/config.json": b"{}",
        }
    )


class Noted(Job):
    """A job that keeps what is reported; `stop_at` cancels it at the first report with that word."""

    def __init__(self, stop_at: str = "") -> None:
        self.reports: list[tuple[float | None, str]] = []
        super().__init__(self._note)
        self._stop_at = stop_at

    def _note(self, fraction: float | None, text: str) -> None:
        self.reports.append((fraction, text))
        if self._stop_at and self._stop_at in text:
            self.cancel()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """huggingface_hub asks this hub, and keeps what it gets in `tmp_path/hub`. Pauses between tries are short."""
    pytest.importorskip("huggingface_hub")
    constants = importlib.import_module("huggingface_hub.constants")
    download = importlib.import_module("huggingface_hub.file_download")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setattr(transfer, "WAITS", (0.01,) * 4)
    monkeypatch.setattr(transfer, "REPORT_SECONDS", 0.0)
    with serving() as served:
        served.repos[NAME] = tiny_repo()
        template = served.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", served.address)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no token"))
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(download, "HUGGINGFACE_CO_URL_TEMPLATE", template, raising=False)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield served


@pytest.fixture
def source(tmp_path: Path) -> Make:
    def make(model: str = NAME, wanted: Wanted = TRANSFORMERS, offline: bool = False) -> Source:
        return Source(model, wanted, EngineContext(tmp_path / "cache", ASSETS, Runtime(offline=offline)))

    return make
