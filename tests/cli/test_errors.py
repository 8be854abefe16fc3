"""What can go wrong on the command line: one line and a remedy on stderr, exit status 2, never a traceback."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.cli import outputs
from core.settings import ROOT
from tests.cli.conftest import Run
from tests.odd_files import Odd
from tests.odd_inputs import odd_inputs

pytestmark = pytest.mark.usefixtures("engines")


def refused(run: Run, *arguments: str | Path) -> str:
    """The one line of an error that has a remedy behind it."""
    done = run(*arguments)
    assert done.status == 2
    assert done.out == ""
    (line,) = done.err.splitlines()
    assert line.startswith("error: ")
    assert len([part for part in line.split(". ") if part]) >= 2, f"no remedy: {line}"
    return line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "COMMAND"),
        (["chatter"], "'chatter'"),
        (["ask"], "IMAGE"),
        (["ask", "@"], "TEXT"),
        (["ask", "@", "segment", "--colour"], "--colour"),
        (["ask", "@", "segment", "--box", "high"], "'high'"),
        (["ask", "@", "segment", "--box", "1.5"], "from 0 to 1"),
        (["ask", "@", "segment", "--box", "nan"], "from 0 to 1"),
        (["ask", "@", "segment", "--text", "-1"], "from 0 to 1"),
        (["ask", "@", "segment", "--use-box", "1,2,3"], "four numbers"),
        (["ask", "@", "segment", "--use-box", "a,b,c,d"], "four numbers"),
        (["ask", "@", "segment", "--use-box", "5,5,5,9"], "no area"),
        (["ask", "@", "segment", "--use-box", "9,9,5,5"], "no area"),
        (["ask", "@", "segment", "--use-box", "nan,0,5,5"], "no area"),
        (["ask", "@", "segment", "--use-box", "0,0,inf,5"], "120 x 80"),
        (["ask", "@", "segment", "--use-box", "0,0,121,5"], "120 x 80"),
        (["ask", "@", "segment", "--use-box=-1,0,5,5"], "120 x 80"),
        (["ask", "@", "   "], "empty"),
        (["ask", "@", "x" * 20_001], "20,001"),
        (["ask", "/no/such/picture.png", "segment"], "No such file"),
        (["ask", "/", "segment"], "folder"),
        (["ask", "@", "segment", "--settings", "/no/such.toml"], "/no/such.toml"),
        (["weights", "--from", "/no/such.tgz"], "/no/such.tgz"),
        (["doctor", "--settings", "/no/such.toml"], "/no/such.toml"),
        (["evaluate-intents", "/no/such.csv"], "/no/such.csv"),
        (["evaluate-phrases", "/no/such.csv"], "/no/such.csv"),
        (["evaluate-detection", "/no/such", "/no/such.json"], "/no/such"),
        (["evaluate-detection", "/", "/no/such.json"], "/no/such.json"),
    ],
)
def test_misuse(run: Run, grey: Path, arguments: list[str], says: str) -> None:
    line = run(*(str(grey) if a == "@" else a for a in arguments))
    assert line.status == 2
    assert line.err.startswith("error: ")
    assert says in line.err
    assert len(line.err.splitlines()) == 1


@pytest.mark.parametrize("odd", odd_inputs(), ids=lambda odd: odd.name)
def test_every_odd_picture_gives_a_turn_or_one_line(run: Run, tmp_path: Path, odd: Odd) -> None:
    file, settings = tmp_path / "picture", tmp_path / "limits.toml"
    file.write_bytes(odd.data)
    settings.write_text("[limits]\n" + "".join(f"{key} = {value}\n" for key, value in odd.limits.items()))
    arguments = ("ask", file, "segment the dog", "--json", "--settings", settings)
    if odd.refused:
        refused(run, *arguments)
    else:
        done = run(*arguments)
        assert done.status == 0
        assert json.loads(done.out)["status"] == "done"


def test_a_picture_without_end_is_read_to_the_limit_only(run: Run) -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("this system has no /dev/zero")
    assert "MB" in refused(run, "ask", "/dev/zero", "segment the dog")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_what_may_not_be_read_or_written(run: Run, grey: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    assert "Permission" in refused(run, "ask", grey, "segment the dog", "--out", closed / "o")
    grey.chmod(0)
    assert "Permission" in refused(run, "ask", grey, "segment the dog")


def test_an_out_that_is_a_file_costs_no_turn(run: Run, grey: Path, engines: Any) -> None:
    for out in (grey, grey / "below"):
        assert str(out) in refused(run, "ask", grey, "segment the dog", "--out", out)
    assert engines.detector.calls == 0


def test_a_full_disk_says_what_was_not_written_and_leaves_nothing_half(
    run: Run, grey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "01_dog.png":
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(path, data)

    monkeypatch.setattr(outputs.Path, "write_bytes", full)
    done = run("ask", grey, "segment the dog", "--json", "--out", tmp_path / "o")
    assert done.status == 2
    assert "masks/01_dog.png cannot be written" in done.err
    assert "No space left" in done.err
    assert "coco.json" in done.err, "what is missing is named"
    assert not [p for p in (tmp_path / "o").rglob("*") if p.is_file()]
    assert json.loads(done.out)["files"] == {}, "the turn itself is not lost"
    assert json.loads(done.out)["detections"]


def test_a_folder_in_the_way_keeps_what_could_be_placed(run: Run, grey: Path, tmp_path: Path) -> None:
    (tmp_path / "o" / "index.png").mkdir(parents=True)
    done = run("ask", grey, "segment the dog", "--json", "--out", tmp_path / "o")
    assert done.status == 2
    files = json.loads(done.out)["files"]
    assert "overlay.png" in files
    assert "index.png" not in files
    assert "index.png cannot be written" in done.err
    assert not list((tmp_path / "o").glob(".writing*"))


def test_a_wrong_settings_file_names_the_key_and_what_is_allowed(run: Run, grey: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[detection]\nbackend = 'dino'\n")
    line = refused(run, "ask", grey, "segment the dog", "--settings", file)
    assert "mine.toml" in line
    assert "'dino'" in line
    assert "embedded" in line


def shell(command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command, "bash", *map(str, arguments)],
        capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="needs a Unix shell")
def test_a_reader_who_leaves_early_is_no_error() -> None:
    script = (
        "import sys; from core.cli import main, doctor, console;"
        "doctor.run = lambda options: [console.print_json({'a': 'x' * 10**6}) for _ in range(50)] and 0;"
        "sys.exit(main.main(['doctor']))"
    )
    done = shell(f'{sys.executable} -c "$1" | head -c 10; echo " ${{PIPESTATUS[0]}}"', script)
    assert done.stderr == ""
    assert done.stdout.split()[-1] == "141"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a Unix shell")
def test_python_dash_m_core() -> None:
    helped = shell(f"{sys.executable} -m core --help")
    assert helped.returncode == 0
    for command in ("doctor", "weights", "ask", "chat", "evaluate-intents", "evaluate-phrases", "evaluate-detection"):
        assert command in helped.stdout
    wrong = shell(f"{sys.executable} -m core ask")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("error: ")
