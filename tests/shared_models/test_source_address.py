"""Single files by address, and checkpoints known by name: resumed, verified, and refused in plain words."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core.errors import Cancelled, EngineUnavailable
from core.jobs import Job
from core.settings import ASSETS, ROOT
from core.shared_models import address, transfer
from core.shared_models.address import Checkpoint
from core.shared_models.source import TRANSFORMERS
from core.shared_models.wire import CHUNK, shown
from tests.loopback_hub import Hub, sha256
from tests.shared_models.sources import FILE, Make, Noted, hub, source

__all__ = ["hub", "source"]  # fixtures
DATA = b"PK-like" * 40_000  # 280,000 bytes


@pytest.fixture
def there(hub: Hub) -> str:
    hub.plain["tiny.pth"] = DATA
    return f"{hub.address}/files/tiny.pth"


def refused(make: Make, model: str) -> EngineUnavailable:
    with pytest.raises(EngineUnavailable) as caught:
        make(model, FILE).fetch(Job())
    assert caught.value.remedy
    return caught.value


def left(make: Make) -> list[str]:
    """What lies in the cache, locks aside."""
    folder = make().context.cache_dir
    return sorted(file.name for file in folder.rglob("*") if file.is_file() and file.suffix != ".lock")


def test_a_file_by_address_once_and_offline_afterwards(hub: Hub, source: Make, there: str) -> None:
    one, job = source(there, FILE), Noted()
    assert one.here() is None
    host = hub.address.partition("//")[2]
    assert one.missing().message == f"The weights of tiny.pth (from {host}) are not on this machine yet."
    path = one.fetch(job)
    assert (path.name, path.read_bytes()) == ("tiny.pth", DATA)
    assert one.nbytes == len(DATA)
    assert left(source) == ["tiny.pth"]
    shares = [share for share, text in job.reports if share is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert source(there, FILE, offline=True).fetch(Job()) == path
    assert len(hub.asked) == 1


def test_offline_asks_nothing(hub: Hub, source: Make, there: str) -> None:
    one = source(there, FILE, offline=True)
    with pytest.raises(EngineUnavailable, match="switched off"):
        one.fetch(Job())
    assert not hub.asked


def test_two_addresses_of_one_name_do_not_mix(hub: Hub, source: Make, there: str) -> None:
    hub.plain["other/tiny.pth"] = DATA[:9999]
    first = source(there, FILE).fetch(Job())
    second = source(f"{hub.address}/files/other/tiny.pth", FILE).fetch(Job())
    assert (first.read_bytes(), second.read_bytes()) == (DATA, DATA[:9999])


def test_stopped_it_goes_on_from_there_and_a_changed_file_starts_anew(hub: Hub, source: Make, there: str) -> None:
    hub.faults.pause = 0.02
    with pytest.raises(Cancelled):
        source(there, FILE).fetch(Noted(stop_at="Downloading"))
    assert source(there, FILE).here() is None
    assert left(source) == ["tiny.pth.part", "tiny.pth.part.json"]
    hub.faults.pause = 0.0
    source(there, FILE).fetch(Job())
    second = hub.asked[-1].headers
    assert int(re.fullmatch(r"bytes=(\d+)-", second["range"])[1]) % CHUNK == 0  # type: ignore[index]
    assert second["if-range"].startswith('"')

    hub.plain["again.pth"] = DATA
    again = there.replace("tiny", "again")
    hub.faults.cut = [100_000] + [0] * transfer.RETRIES
    assert "broke off" in refused(source, again).message
    hub.plain["again.pth"] = changed = DATA[::-1]
    assert source(again, FILE).fetch(Job()).read_bytes() == changed


def test_a_server_that_knows_no_ranges_begins_anew(hub: Hub, source: Make, there: str) -> None:
    hub.faults.ranges = False
    hub.faults.cut = [100_000]
    assert source(there, FILE).fetch(Job()).read_bytes() == DATA


def test_a_part_that_was_complete_is_only_verified(hub: Hub, source: Make, there: str) -> None:
    path = address.by_address(there).path(source().context.cache_dir)
    hub.faults.cut = [CHUNK] + [0] * transfer.RETRIES
    refused(source, there)
    part = path.with_name("tiny.pth.part")
    part.write_bytes(DATA)
    assert source(there, FILE).fetch(Job()).read_bytes() == DATA
    assert hub.asked[-1].headers["range"] == f"bytes={len(DATA)}-"


def test_the_digest_in_an_address_is_verified(hub: Hub, source: Make) -> None:
    hub.plain[f"{sha256(DATA)}/tiny.pt"] = DATA
    good = f"{hub.address}/files/{sha256(DATA)}/tiny.pt"
    assert source(good, FILE).fetch(Job()).read_bytes() == DATA
    hub.plain[f"{sha256(DATA)}/tiny.pth"] = DATA[::-1]
    error = refused(source, f"{good}h")
    assert "its SHA-256 is not the known one" in error.message
    assert left(source) == ["tiny.pt"]


def test_known_digests_and_sizes(hub: Hub, source: Make, there: str, tmp_path: Path) -> None:
    md5 = hashlib.md5(DATA).hexdigest()
    assert Checkpoint(there, len(DATA), {"md5": md5}).fetch(tmp_path, Job()).read_bytes() == DATA
    with pytest.raises(EngineUnavailable, match="MD5"):
        Checkpoint(f"{there}?2", 0, {"md5": "0" * 32}).fetch(tmp_path, Job())
    with pytest.raises(EngineUnavailable, match="280,000 bytes at its source, where 9 are known"):
        Checkpoint(f"{there}?3", 9).fetch(tmp_path, Job())


def test_the_known_names() -> None:
    names = address.known(ASSETS)
    assert {"groundingdino_swint_ogc", "groundingdino_swinb_cogcoor"} <= set(names)
    for name, one in names.items():
        assert one.file_name == f"{name}.pth"
        assert one.address.startswith("https://")
        assert one.nbytes > 10**8
        assert re.fullmatch("[0-9a-f]{64}", one.digests["sha256"])
        if name.startswith("sam_"):
            assert one.digests["md5"].startswith(name.rpartition("_")[2])


def test_a_known_name(hub: Hub, source: Make, monkeypatch: pytest.MonkeyPatch, there: str) -> None:
    one = source("sam_vit_b_01ec64", FILE)
    assert one.missing().message == "The weights of sam_vit_b_01ec64 are not on this machine yet (about 375 MB)."
    assert one.fetchable
    monkeypatch.setattr(address, "known", lambda assets: {"sam_vit_b_01ec64": Checkpoint(there, len(DATA))})
    assert one.fetch(Job()) == one.here()


@pytest.mark.parametrize(("status", "said"), [(401, "not open"), (403, "not open"), (404, "nothing at"), (418, "418")])
def test_refusals_are_not_tried_again(hub: Hub, source: Make, there: str, status: int, said: str) -> None:
    hub.faults.statuses = [status]
    error = refused(source, f"{there}?key=secret")
    assert said in error.message
    assert "secret" not in str(error)
    assert len(hub.asked) == 1


def test_a_busy_server_is_asked_again_but_not_for_ever(hub: Hub, source: Make, there: str) -> None:
    hub.faults.statuses = [503, 429]
    assert source(there, FILE).fetch(Job())
    hub.faults.statuses = [502] * 20
    assert "HTTP 502" in refused(source, f"{there}?again").message
    assert len(hub.asked) == 3 + transfer.RETRIES + 1


def test_stop_ends_the_pause_between_two_tries(
    hub: Hub, source: Make, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "WAITS", (60.0,) * 4)
    hub.faults.statuses = [503]
    job = Job()
    threading.Timer(0.3, job.cancel).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        source(there, FILE).fetch(job)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html>Sign in</html>", "a web page"),
        (b"\n <HTML>" + b"x" * 9000, "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n", "git-lfs pointer"),
    ],
)
def test_what_is_no_file_of_weights_is_not_kept(hub: Hub, source: Make, body: bytes, said: str) -> None:
    hub.plain["page.pth"] = body
    assert said in refused(source, f"{hub.address}/files/page.pth").message
    assert left(source) == []


def test_redirects(hub: Hub, source: Make, there: str) -> None:
    hub.redirects = {"/a": "/b", "/b": there.replace("127.0.0.1", "localhost"), "/round": "/round", "/out": "ftp://x/y"}
    assert source(f"{hub.address}/a", FILE).fetch(Job()).read_bytes() == DATA
    assert "without end" in refused(source, f"{hub.address}/round").message
    assert "no http or https address" in refused(source, f"{hub.address}/out").message


def test_never_from_https_to_http(monkeypatch: pytest.MonkeyPatch, source: Make, hub: Hub, there: str) -> None:
    requests = pytest.importorskip("requests")

    def send(self: object, where: str, **more: object) -> object:
        answer = requests.Response()
        answer.status_code, answer.headers["Location"], answer.raw = 302, there, None
        answer.close = lambda: None
        return answer

    monkeypatch.setattr(requests.Session, "get", send)
    assert "not encrypted" in refused(source, "https://safe.example/tiny.pth").message
    assert not hub.asked


@pytest.mark.parametrize("model", ["ftp://host/a.pth", "file:///etc/passwd", "http:///a.pth", "https://host:x/a.pth"])
def test_only_addresses_of_the_web(source: Make, model: str) -> None:
    assert "no http or https address" in refused(source, model).message
    assert source(model, FILE).here() is None


def test_an_address_is_no_folder(source: Make) -> None:
    with pytest.raises(EngineUnavailable, match="is one file"):
        source("https://host/a.pth", TRANSFORMERS).fetch(Job())


def test_messages_hide_what_an_address_carries() -> None:
    assert shown("https://me:word@host:8443/a/b.pth?sig=1#x") == "https://host:8443/a/b.pth"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up(hub: Hub, source: Make, there: str, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full(self: Path, *rest: object, **more: object) -> object:
        if self.suffix == ".part":
            raise OSError(number, os.strerror(number))
        return real(self, *rest, **more)  # type: ignore[arg-type]

    real = Path.open
    monkeypatch.setattr(Path, "open", full)
    error = refused(source, there)
    assert "The disk is full" in error.message
    assert "Free some space" in error.remedy
    assert left(source) == []


def test_a_file_size_limit_of_the_system(hub: Hub, there: str, tmp_path: Path) -> None:
    """In a process of its own, where the system itself refuses to write on: what came is not left on the disk."""
    pytest.importorskip("resource")
    code = f"""
import resource, signal
from pathlib import Path
from core.errors import EngineUnavailable
from core.jobs import Job
from core.shared_models.address import Checkpoint
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    Checkpoint({there!r}).fetch(Path({str(tmp_path)!r}), Job())
except EngineUnavailable as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("The disk is full: tiny.pth"), done.stderr
    assert not [*tmp_path.rglob("*.part")]


def test_a_folder_that_may_not_be_written(hub: Hub, source: Make, there: str, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    error = refused(source, there)
    assert "cannot be kept" in error.message
