"""Paths of one's own, names that mean nothing, and files that lie there but are no weights; a hub by HF_ENDPOINT."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from core.errors import EngineUnavailable
from core.jobs import Job
from core.settings import ROOT
from core.shared_models.source import TRANSFORMERS, Wanted
from tests.loopback_hub import serving
from tests.shared_models.sources import FILE, NAME, Make, safetensors, source, tiny_repo

__all__ = ["source"]  # fixture


def zipped(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("archive/data.pkl", b"x" * 5000)
    return path


def test_a_file_and_a_folder(source: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = zipped(tmp_path / "tiny.pth")
    one = source(str(file), FILE)
    assert one.here() == one.fetch(Job()) == file
    assert (one.nbytes, one.fetchable) == (file.stat().st_size, False)
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(safetensors())
    (folder / "notes.md").write_text("not counted")
    assert source(str(folder)).here() == folder
    assert source(str(folder)).nbytes == len(safetensors()) + 2
    monkeypatch.setenv("HOME", str(tmp_path))
    assert source("~/model").here() == folder


@pytest.mark.parametrize(
    ("model", "wanted", "message", "remedy"),
    [
        ("/no/such.pth", FILE, "There is no model at /no/such.pth.", "Check the path."),
        ("/no/such", TRANSFORMERS, "There is no model at /no/such.", "Check the path."),
        ("sam_vit_x", FILE, "No checkpoint is called sam_vit_x.", "sam_vit_b_01ec64"),
        ("owner/name", FILE, "one file must be named", '"owner/name:NAME.pth"'),
        ("", FILE, "No model is named.", "Set `model`"),
        ("  ", TRANSFORMERS, "No model is named.", "Set `model`"),
        ("~nobody-here/x.pth", FILE, "There is no model", "Check the path."),
        ("a\0b", FILE, "", ""),
        ("x" * 5000 + ".pth", FILE, "cannot be read", "Check the path"),
    ],
)
def test_what_means_nothing(source: Make, model: str, wanted: Wanted, message: str, remedy: str) -> None:
    one = source(model, wanted)
    assert (one.here(), one.nbytes, one.fetchable) == (None, 0, False)
    missing = one.missing()
    assert message in missing.message
    assert remedy in missing.remedy
    with pytest.raises(EngineUnavailable) as caught:
        one.fetch(Job())
    assert str(caught.value) == str(missing)


def test_folders_and_files_in_each_others_place(source: Make, tmp_path: Path) -> None:
    file = zipped(tmp_path / "a.pth")
    assert "Give the file in it" in source(str(tmp_path), FILE).missing().remedy
    assert "is a file" in source(str(file)).missing().message
    assert "no config.json" in source(str(tmp_path)).missing().message


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.pth", b"", "an empty file"),
        ("a.pth", b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git-lfs pointer"),
        ("a.pth", b"<!doctype html><p>404", "a web page"),
        ("a.pth", b"PK\x03\x04" + b"x" * 9000, "cut short"),
        ("model.safetensors", safetensors()[:-1], "cut short"),
        ("model.safetensors", b"short", "no safetensors file"),
        ("model.safetensors", (9).to_bytes(8, "little") + b"[1, 2, 3]" * 9, "no safetensors file"),
        ("model.safetensors", b"version https://git-lfs.github.com/spec/v1\n", "git-lfs pointer"),
        ("pytorch_model.bin", b"<html>", "a web page"),
    ],
)
def test_what_is_no_weights_is_recognised_before_torch(
    source: Make, tmp_path: Path, name: str, body: bytes, said: str
) -> None:
    file = tmp_path / name
    file.write_bytes(body)
    (tmp_path / "config.json").write_text("{}")
    one = source(str(file), FILE) if name == "a.pth" else source(str(tmp_path))
    assert one.here() is None
    with pytest.raises(EngineUnavailable) as caught:
        one.fetch(Job())
    assert said in caught.value.message
    assert str(file) in caught.value.message
    assert caught.value.remedy
    assert one.missing().message == caught.value.message

    zipped(file) if name == "a.pth" else file.write_bytes(safetensors() if "safe" in name else b"PK")
    os.utime(file, ns=(time.time_ns(), time.time_ns()))
    if name != "pytorch_model.bin":
        assert one.here() is not None, "mended, it is seen at once"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_says_so(source: Make, tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    file = zipped(folder / "a.pth")
    folder.chmod(0)
    try:
        one = source(str(file), FILE)
        assert one.here() is None
        assert "cannot be read" in one.missing().message
    finally:
        folder.chmod(0o700)


def test_a_path_goes_before_a_repository_of_that_name(
    source: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / NAME
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    assert source(NAME).here() == Path(NAME)
    assert not source(NAME).fetchable


def test_the_hub_of_the_environment(tmp_path: Path) -> None:
    """HF_ENDPOINT, HF_HOME and HF_HUB_OFFLINE as a user sets them; no other network is asked."""
    pytest.importorskip("huggingface_hub")
    code = f"""
import sys
from pathlib import Path
from core.jobs import Job
from core.registry import EngineContext
from core.settings import ASSETS
from core.shared_models.source import TRANSFORMERS, Source
source = Source({NAME!r}, TRANSFORMERS, EngineContext(Path({str(tmp_path / "cache")!r}), ASSETS))
try:
    print(source.fetch(Job()))
except Exception as error:
    print(type(error).__name__, error)
"""
    with serving() as hub:
        hub.repos[NAME] = tiny_repo()
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING", "XDG_"))}
        more = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "hf"), "NO_PROXY": "127.0.0.1,localhost"}

        def run(**extra: str) -> str:
            done = subprocess.run(
                [sys.executable, "-c", code], env={**clean, **more, **extra}, cwd=ROOT, capture_output=True, text=True,
                timeout=60, check=True,
            )  # fmt: skip
            assert not done.stderr.strip(), "no progress bars of the library"
            return done.stdout.strip()

        assert "downloads are switched off" in run(HF_HUB_OFFLINE="1")
        assert not hub.asked
        folder = run()
        assert folder.startswith(str(tmp_path / "hf" / "hub" / "models--someone--tiny" / "snapshots"))
        asked = len(hub.asked)
        assert run(HF_HUB_OFFLINE="1") == folder
        assert len(hub.asked) == asked
