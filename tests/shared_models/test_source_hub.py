"""Weights of a hub by name: fetched with progress, stopped, gone on with, found again offline; and every refusal."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import NoReturn

import pytest

from core.errors import Cancelled, EngineUnavailable
from core.jobs import Job
from core.shared_models import disk, transfer
from core.shared_models.source import TRANSFORMERS, Wanted
from core.shared_models.wire import CHUNK
from tests.loopback_hub import Hub, Repo, sha256
from tests.shared_models.sources import NAME, Make, Noted, hub, safetensors, source, tiny_repo

__all__ = ["hub", "source"]  # fixtures
pytest.importorskip("huggingface_hub")
WANTED = {"config.json", "tokenizer.json", "vocab.txt", "model.safetensors"}


def refused(make: Make, hub: Hub, model: str = NAME, wanted: Wanted = TRANSFORMERS) -> EngineUnavailable:
    with pytest.raises(EngineUnavailable) as caught:
        make(model, wanted).fetch(Job())
    assert caught.value.remedy
    return caught.value


def test_a_repository_by_name_with_progress_and_only_what_is_wanted(hub: Hub, source: Make) -> None:
    one, job = source(), Noted()
    assert one.here() is None
    assert one.fetchable
    folder = one.fetch(job)
    assert {file.name for file in folder.iterdir()} == WANTED
    assert (folder / "model.safetensors").read_bytes() == safetensors()
    assert one.here() == folder
    assert one.nbytes == sum(len(hub.repos[NAME].files[name]) for name in WANTED)
    shares = [share for share, text in job.reports if share is not None and text.startswith("Downloading")]
    assert shares == sorted(shares)
    assert len({round(share, 2) for share in shares}) > 1
    assert shares[-1] == 1.0
    assert any(text == "Downloading model.safetensors: 0 of 0 MB" for _, text in job.reports)


def test_afterwards_nothing_is_asked_of_the_network(hub: Hub, source: Make) -> None:
    folder = source().fetch(Job())
    asked = len(hub.asked)
    for offline in (False, True):
        one = source(offline=offline)
        assert one.fetch(Job(), complete=True) == one.here() == folder
        assert one.nbytes
    assert len(hub.asked) == asked


@pytest.mark.parametrize("setting", ["runtime", "HF_HUB_OFFLINE"])
def test_offline_never_touches_the_network(
    hub: Hub, source: Make, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    if setting != "runtime":
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    one = source(offline=setting == "runtime")
    assert not one.fetchable
    with pytest.raises(EngineUnavailable) as caught:
        one.fetch(Job())
    for error in (one.missing(), caught.value):
        assert "downloads are switched off" in error.message
        assert "offline = false" in error.remedy
    assert not hub.asked


def test_what_is_missing_is_said_before_a_turn(hub: Hub, source: Make) -> None:
    told = source("IDEA-Research/grounding-dino-tiny").missing()
    assert (
        told.message == "The weights of IDEA-Research/grounding-dino-tiny are not on this machine yet (about 690 MB)."
    )
    assert "python -m core weights --all" in told.remedy
    assert not hub.asked


def test_stop_keeps_what_came_and_a_second_try_goes_on_from_there(hub: Hub, source: Make) -> None:
    hub.faults.pause = 0.02
    one = source()
    with pytest.raises(Cancelled):
        one.fetch(Noted(stop_at="Downloading model.safetensors"))
    assert one.here() is None, "an interrupted download is not whole"
    blobs = next(Path(str(p)).parent for p in [*_cache(source).rglob("*.incomplete")])
    (part,) = blobs.glob("*.incomplete")
    came = part.stat().st_size
    assert 0 < came < len(safetensors())
    hub.faults.pause = 0.0
    assert one.fetch(Job()) == one.here()
    assert hub.bodies("/cdn/")[-1].headers["range"] == f"bytes={came}-"
    assert len(hub.bodies("config.json")) == 1, "what was whole is not fetched again"
    assert not [*blobs.glob("*.incomplete*")]


def _cache(source: Make) -> Path:
    return source().context.cache_dir.parent / "hub"


def test_stop_does_not_wait_for_a_server_that_stalls(hub: Hub, source: Make) -> None:
    hub.faults.stall = 5.0
    job, ended = Job(), []

    def work() -> None:
        with pytest.raises(Cancelled):
            source().fetch(job)
        ended.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    while not hub.bodies("/cdn/"):
        time.sleep(0.01)
    time.sleep(0.1)
    pressed = time.monotonic()
    job.cancel()
    thread.join(3)
    assert ended
    assert ended[0] - pressed < 0.5


def test_cut_in_the_middle_it_resumes_by_itself(hub: Hub, source: Make) -> None:
    hub.faults.cut = [100_000, 70_000]
    assert source().fetch(Job())
    ranges = [asked.headers.get("range") for asked in hub.bodies("/cdn/")]
    assert ranges == [None, f"bytes={CHUNK}-", f"bytes={2 * CHUNK}-"]


def test_cut_again_and_again_it_says_how_much_is_here(hub: Hub, source: Make) -> None:
    hub.faults.cut = [100_000] + [0] * transfer.RETRIES
    error = refused(source, hub)
    assert "model.safetensors broke off" in error.message
    assert "0.1 of 0.3 MB are here" in error.message
    assert "goes on from there" in error.remedy
    assert source().fetch(Job())
    assert hub.bodies("/cdn/")[-1].headers["range"] == f"bytes={CHUNK}-"


def test_a_busy_hub_is_asked_again(hub: Hub, source: Make) -> None:
    hub.faults.statuses = [503, 500]
    assert source().fetch(Job())
    hub.repos[NAME].files["config.json"] = b'{"model_type": "new"}'
    hub.faults.statuses = [503] * 9
    error = refused(source, hub, "someone/other")
    assert "HTTP 503" in error.message


def test_gated(hub: Hub, source: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.repos[NAME].gated = True
    error = refused(source, hub)
    assert "gated" in error.message
    assert "accept its terms" in error.remedy
    assert "hf auth login" in error.remedy
    monkeypatch.setenv("HF_TOKEN", "hf_secretsecret")
    assert source().fetch(Job())
    tokens = {a.path[:4]: a.headers.get("authorization") for a in hub.asked}
    assert tokens == {"/api": "Bearer hf_secretsecret", "/som": "Bearer hf_secretsecret", "/cdn": None}


def test_a_token_is_never_shown(hub: Hub, source: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secretsecret")
    hub.faults.statuses = [403]
    error = refused(source, hub)
    assert "secret" not in f"{error} {error.__cause__!r} {error.__cause__}"


@pytest.mark.parametrize("private", [False, True])
def test_no_such_repository(hub: Hub, source: Make, private: bool) -> None:
    hub.repos["someone/other"] = Repo({}, private=private)
    name = "someone/other" if private else "someone/nothing"
    error = refused(source, hub, name)
    assert f"no repository {name}" in error.message or f"has no {TRANSFORMERS.patterns[0]}" in error.message


def test_one_file_of_a_repository(hub: Hub, source: Make) -> None:
    hub.repos[NAME].files["sam.pth"] = data = b"PK-like" * 2000
    one = source(f"{NAME}:sam.pth", Wanted())
    assert one.here() is None
    path = one.fetch(Job())
    assert path == one.here()
    assert (path.name, path.read_bytes(), one.nbytes) == ("sam.pth", data, len(data))
    error = refused(source, hub, f"{NAME}:nothing.pth", Wanted())
    assert "no nothing.pth" in error.message
    assert "sam.pth" in error.remedy


def nowhere(*args: object, **more: object) -> NoReturn:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_no_network(hub: Hub, source: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    error = refused(source, hub)
    assert "127.0.0.1:9 cannot be reached" in error.message
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://no-such-host.invalid")
    monkeypatch.setattr("socket.getaddrinfo", nowhere)
    error = refused(source, hub)
    assert "no network" in error.message
    assert "by hand" in error.remedy


def test_damaged_bytes_are_removed(hub: Hub, source: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    good = safetensors()
    wrong = good[:-1] + b"!"
    monkeypatch.setattr("tests.loopback_hub.sha256", lambda data: sha256(good if data == wrong else data))
    hub.repos[NAME].files["model.safetensors"] = wrong
    error = refused(source, hub)
    assert "model.safetensors arrived damaged" in error.message
    assert "SHA-256" in error.message
    assert not [*_cache(source).rglob("*.incomplete*")]
    assert source().here() is None


def test_too_little_room_is_said_before_the_first_byte(hub: Hub, source: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "SPARE", 10**15)
    error = refused(source, hub)
    assert "MB free" in error.message
    assert not hub.bodies()


def test_a_snapshot_of_another_program_counts_only_where_it_is_whole(hub: Hub, source: Make) -> None:
    huggingface_hub = pytest.importorskip("huggingface_hub")
    fetch = lambda name: huggingface_hub.hf_hub_download(NAME, name)  # noqa: E731
    fetch("config.json")
    assert source().here() is None, "no weights"
    folder = Path(fetch("model.safetensors")).parent
    assert source().here() == folder
    assert source().fetch(Job()) == folder
    assert not (folder / "tokenizer.json").exists()
    source().fetch(Job(), complete=True)
    assert {file.name for file in folder.iterdir()} == WANTED
    blobs = folder.parent.parent / "blobs"
    (blobs / "abc.incomplete").write_bytes(b"half")
    assert source().here() == folder, "of another revision: the list of this one is whole"
    (folder / "vocab.txt").unlink()
    assert source().here() is None


def test_shards_and_pickles(hub: Hub, source: Make) -> None:
    index = b'{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}'
    shards = {f"model-0000{n}-of-00002.safetensors": safetensors(bytes([n]) * 9000) for n in (1, 2)}
    base = {"config.json": b"{}", "model.fp16.safetensors": safetensors(b"h" * 9000), "flax_model.msgpack": b"f" * 9000}
    hub.repos["a/sharded"] = Repo({**base, **shards, "model.safetensors.index.json": index})
    folder = source("a/sharded").fetch(Job())
    assert {f.name for f in folder.iterdir()} == {"config.json", "model.safetensors.index.json", *shards}
    hub.repos["a/pickled"] = Repo({"config.json": b"{}", "pytorch_model.bin": b"PK" * 5000, "training_args.bin": b"x"})
    folder = source("a/pickled").fetch(Job())
    assert {f.name for f in folder.iterdir()} == {"config.json", "pytorch_model.bin"}
    hub.repos["a/sentences"] = Repo({**tiny_repo().files, "modules.json": b"[]", "1_Pooling/config.json": b"{}"})
    folder = source("a/sentences").fetch(Job())
    assert (folder / "1_Pooling" / "config.json").is_file()
    assert not (folder / "onnx").exists()


def test_an_old_name_without_owner_and_without_weights(hub: Hub, source: Make) -> None:
    hub.repos["bert-tiny"] = tiny_repo()
    one = source("bert-tiny", Wanted(("config.json", "vocab.txt")))
    folder = one.fetch(Job())
    assert {f.name for f in folder.iterdir()} == {"config.json", "vocab.txt"}
    assert one.here() == folder
    assert source("bert-tiny").here() is None, "the weights are still missing"


def test_two_threads_fetch_once(hub: Hub, source: Make) -> None:
    hub.faults.pause = 0.005
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(source().fetch(Job()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 3
    assert len(set(found)) == 1
    assert len(hub.bodies("/cdn/")) == 1
