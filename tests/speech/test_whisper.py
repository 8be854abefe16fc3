"""Whisper's adapter: names and files, what it refuses and why, and what its results say of themselves."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import EngineFailed, EngineUnavailable, SettingsError
from core.jobs import Job
from core.registry import EngineContext, build
from core.settings import ASSETS
from core.shared_models.placement import Placement
from core.speech.whisper import WhisperTranscriber
from core.types.audio import AudioClip
from tests import sounds

pytest.importorskip("whisper")
CLIP = AudioClip.of(sounds.speech(1.0), "said.wav")


def engine(folder: Path, model: Path | str, **options: Any) -> WhisperTranscriber:
    """Built as the settings build it, with short decodings."""
    chosen = {"model": str(model), "device": "cpu", **options}
    made: WhisperTranscriber = build("speech", "whisper", chosen, EngineContext(folder, ASSETS))
    made.wish = replace(made.wish, temperatures=(0.0,), tokens=8)
    return made


def saved(path: Path, content: Any) -> Path:
    import torch

    torch.save(content, path)
    return path


def content(tiny: Path) -> dict[str, Any]:
    import torch

    found: dict[str, Any] = torch.load(tiny, weights_only=True)
    return found


def test_known_names_have_an_address_with_their_checksum(tmp_path: Path) -> None:
    import whisper

    from core.speech.checkpoint import address

    for name in whisper.available_models():
        assert address(name) == whisper._MODELS[name]
        assert re.search(r"/[0-9a-f]{64}/", address(name))
        assert engine(tmp_path, name).name == f"whisper/{name}"
    assert address("/models/mine.pt") == "/models/mine.pt"


def test_names_are_read_without_importing_torch(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from core.registry import EngineContext\n"
        "from core.speech.whisper import WhisperTranscriber\n"
        f"engine = WhisperTranscriber(EngineContext(Path({str(tmp_path)!r}), Path()), 'base')\n"
        "print(engine.status().ready, sorted({'torch', 'whisper', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False []", done.stderr


def test_a_model_that_is_not_here_says_how_to_get_it(tmp_path: Path) -> None:
    absent = engine(tmp_path, tmp_path / "none.pt")
    status = absent.status()
    assert not status.ready
    assert status.remedy
    with pytest.raises(EngineUnavailable, match=r"none\.pt"):
        absent.transcribe(CLIP, Job())


def test_without_the_package_the_remedy_is_told(tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "whisper" else find(name))
    status = engine(tmp_path, tiny).status()
    assert not status.ready
    assert "'whisper'" in status.reason
    assert "pip install" in status.remedy


def spoiled(tiny: Path, path: Path) -> dict[str, tuple[Any, str]]:
    """Checkpoints that are none, and what is said of them."""
    good = content(tiny)
    tensors = good["model_state_dict"]
    name = "decoder.blocks.0.cross_attn.query.weight"
    less = {key: value for key, value in tensors.items() if key != name}
    return {
        "another model's": ({"model": {"weight": tensors[name]}}, "no dims and no model_state_dict"),
        "bare tensors": (tensors, "no dims and no model_state_dict"),
        "a list": ([1, 2], "no dims"),
        "without dimensions": ({"model_state_dict": tensors}, "no dims"),
        "foreign dimensions": ({**good, "dims": {"width": 3}}, "no dimensions of Whisper"),
        "a tensor missing": ({**good, "model_state_dict": less}, f"lacks 1 tensors ({name})"),
        "a tensor too many": ({**good, "model_state_dict": {**tensors, "lora.a": tensors[name]}}, "unknown 1 tensors"),
        "other sizes": ({**good, "model_state_dict": {**tensors, name: tensors[name][:5]}}, "other shapes of 1"),
    }


KINDS = (
    "another model's", "bare tensors", "a list", "without dimensions", "foreign dimensions", "a tensor missing",
    "a tensor too many", "other sizes",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_another_checkpoint_is_refused_with_what_is_wrong(tmp_path: Path, tiny: Path, kind: str) -> None:
    made, words = spoiled(tiny, tmp_path)[kind]
    path = saved(tmp_path / "foreign.pt", made)
    with pytest.raises(EngineUnavailable, match=re.escape(words)) as caught:
        engine(tmp_path, path).transcribe(CLIP, Job())
    assert "foreign.pt" in caught.value.message
    assert "Whisper" in caught.value.message or "dimensions" in caught.value.message
    assert caught.value.remedy


class Bomb:
    """Unpickling it would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.path, "boom")


def test_a_checkpoint_never_runs_code(tmp_path: Path, tiny: Path) -> None:
    mark = tmp_path / "ran"
    path = saved(tmp_path / "bomb.pt", {**content(tiny), "extra": Bomb(mark)})
    plain = tmp_path / "plain.pt"
    plain.write_bytes(pickle.dumps(Bomb(mark)))
    for file in (path, plain):
        with pytest.raises(EngineUnavailable, match="tensors alone"):
            engine(tmp_path, file).transcribe(CLIP, Job())
    assert not mark.exists()


@pytest.mark.parametrize("size", [0, 100, 100_000])
def test_a_cut_checkpoint_is_refused(tmp_path: Path, tiny: Path, size: int) -> None:
    path = tmp_path / "cut.pt"
    path.write_bytes(tiny.read_bytes()[:size])
    with pytest.raises(EngineUnavailable, match=r"cut\.pt is (an empty file|cut short|no checkpoint)"):
        engine(tmp_path, path).transcribe(CLIP, Job())


def test_a_checkpoint_in_half_precision_is_the_same_model(tmp_path: Path, tiny: Path) -> None:
    """As the package's own are saved."""
    import torch
    import whisper

    good = content(tiny)
    half = {name: tensor.half() for name, tensor in good["model_state_dict"].items()}
    path = saved(tmp_path / "half.pt", {**good, "model_state_dict": half})
    from core.speech.checkpoint import load

    model = load(path, str(path), Placement(torch.device("cpu"), torch.float32), torch)
    theirs = whisper.load_model(str(path), device="cpu").state_dict()
    for name, tensor in model.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, theirs[name])


def test_half_precision_computes_what_the_package_does(tiny: Path) -> None:
    """Matrices cast once when loaded, instead of at every use: the same bits."""
    import torch
    import whisper

    from core.speech.checkpoint import load
    from core.speech.mel import log_mel

    ours = load(tiny, str(tiny), Placement(torch.device("cpu"), torch.float16), torch)
    theirs = whisper.load_model(str(tiny), device="cpu")
    mel = whisper.pad_or_trim(log_mel(CLIP.samples, 80), 3000)[None].half()
    tokens = torch.tensor([[50258, 50259, 50359]])
    with torch.no_grad():
        assert torch.equal(ours.encoder(mel), theirs.encoder(mel))
        assert torch.equal(ours(mel, tokens), theirs(mel, tokens))
    small = sum(p.numel() * p.element_size() for p in ours.parameters())
    assert small < sum(p.numel() * p.element_size() for p in theirs.parameters())


def test_a_number_type_that_whisper_lacks_is_refused(tmp_path: Path, tiny: Path) -> None:
    with pytest.raises(EngineUnavailable, match="bfloat16"):
        engine(tmp_path, tiny, dtype="bfloat16").transcribe(CLIP, Job())


def test_a_known_name_has_its_own_heads_for_word_times(tmp_path: Path) -> None:
    """Those of "tiny" sit on a model of its size, whose weights lie where the settings say."""
    import dataclasses

    import torch
    from whisper.model import ModelDimensions, Whisper

    from core.speech.checkpoint import load

    dims = ModelDimensions(80, 1500, 12, 6, 1, 51865, 448, 12, 6, 4)  # as many layers and heads as "tiny", but narrow
    path = saved(tmp_path / "t.pt", {"dims": dataclasses.asdict(dims), "model_state_dict": Whisper(dims).state_dict()})
    cpu = Placement(torch.device("cpu"), torch.float32)
    known, plain = load(path, "tiny", cpu, torch), load(path, str(path), cpu, torch)
    assert known.alignment_heads.indices().T.tolist() == [[2, 2], [3, 0], [3, 2], [3, 3], [3, 4], [3, 5]]
    assert plain.alignment_heads.indices().shape[1] == 12  # the upper half


def test_an_english_model_knows_english_only(tmp_path: Path) -> None:
    from tests.checkpoints.whisper import TOKENS, make

    path = make(tmp_path / "english.pt", TOKENS - 1)
    found = engine(tmp_path, path).transcribe(CLIP, Job())
    assert (found.language, found.language_probability) == ("en", 1.0)
    assert engine(tmp_path, path, language="en").transcribe(CLIP, Job()).segments == found.segments
    with pytest.raises(EngineUnavailable, match="'de'"):
        engine(tmp_path, path, language="de").transcribe(CLIP, Job())


def test_task_language_and_words_are_settings(tmp_path: Path, tiny: Path) -> None:
    found = engine(tmp_path, tiny, task="translate", language="fr", words=False).transcribe(CLIP, Job())
    assert (found.task, found.language) == ("translate", "fr")
    assert all(segment.words == () for segment in found.segments)
    with pytest.raises(SettingsError, match="transcribe, translate"):
        engine(tmp_path, tiny, task="sing")


def test_a_model_that_cannot_translate_says_so(tmp_path: Path) -> None:
    assert "translate" in engine(tmp_path, "turbo", task="translate")._info().note
    assert engine(tmp_path, "turbo")._info().note == ""
    assert engine(tmp_path, "base", task="translate")._info().note == ""


def test_what_breaks_inside_is_translated(tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = engine(tmp_path, tiny)

    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("CUDA out of memory. Tried to allocate")

    broken.transcribe(CLIP, Job())
    monkeypatch.setattr("core.speech.windows.Listener._decoded", fails)
    with pytest.raises(EngineFailed, match=r"said\.wav.*out of memory") as caught:
        broken.transcribe(CLIP, Job())
    assert "smaller model" in caught.value.remedy
    monkeypatch.undo()
    assert broken.transcribe(CLIP, Job()).clip == CLIP.digest  # the lock was given back


def test_it_can_be_let_go_and_comes_back(tmp_path: Path, tiny: Path) -> None:
    made = engine(tmp_path, tiny)
    first = made.transcribe(CLIP, Job())
    assert made.unload() > 1e6
    assert made.unload() == 0
    assert made.transcribe(CLIP, Job()) == first


def test_a_load_makes_no_weights_of_its_own(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random ones would take memory and time, only to be replaced."""
    import torch

    from core.speech.checkpoint import load

    made: list[str] = []
    monkeypatch.setattr(torch.nn.init, "kaiming_uniform_", lambda tensor, **_: made.append(tensor.device.type))
    monkeypatch.setattr(torch.nn.init, "normal_", lambda tensor, *_, **__: made.append(tensor.device.type))
    model = load(tiny, str(tiny), Placement(torch.device("cpu"), torch.float32), torch)
    assert set(made) == {"meta"}
    assert {tensor.device.type for tensor in (*model.parameters(), *model.buffers())} == {"cpu"}
    assert model.decoder.mask.isneginf().sum() == 448 * 447 // 2


def test_on_a_mac_auto_takes_the_cpu(tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    made = engine(tmp_path, tiny, device="auto")
    assert made.transcribe(CLIP, Job()).clip == CLIP.digest
    assert made.status().details["device"] == "cpu"
