"""What was measured: back to the last bit, within the quota, and never believed where it is damaged."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from core.errors import StorageError
from core.masking import cut_mask
from core.sessions.measurements import Measurements, from_npz, to_npz
from core.types.boxes import Proposals
from core.types.masks import MaskLogits
from core.types.turn import Turn
from tests.sessions.values import differences, measured, rich_turn
from tests.threads import answers_at_once


def bare(turn: Turn) -> Turn:
    return replace(turn, proposals=None, bank=MappingProxyType({}))


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"))


@pytest.fixture
def kept(tmp_path: Path) -> Measurements:
    return Measurements(tmp_path, 100)


def test_a_turn_gets_back_what_it_measured_to_the_last_bit(kept: Measurements) -> None:
    turn = rich_turn()
    kept.save(turn)
    back = kept.load(bare(turn))
    assert back is not None and not differences(turn, back)


def test_a_mask_cut_after_a_restart_is_the_same_mask(kept: Measurements) -> None:
    turn = rich_turn()
    kept.save(turn)
    back = kept.load(bare(turn))
    assert back is not None
    for prompt, logits in turn.bank.items():
        for cut in (0.2, 0.45, 0.7):
            before, after = (cut_mask(one, 0, cut, (60, 40)).digest for one in (logits, back.bank[prompt]))
            assert before == after


@pytest.mark.parametrize("shape", [(1, 3, 8, 8), (2, 1, 4, 6)])
def test_engines_of_other_shapes_are_kept_too(kept: Measurements, shape: tuple[int, ...]) -> None:
    count = shape[0]
    rng = np.random.default_rng(1)
    _, bank = measured()
    one = next(iter(bank.values()))
    other = MaskLogits(
        rng.random(shape, np.float32), rng.random(shape[:2], np.float32), rng.random((count, 2, 3)),
        rng.random((count, 4), np.float32), one.engines * count, one.notes * count,
    )  # fmt: skip
    turn = replace(rich_turn(), bank=MappingProxyType({"x": other, **bank, "none": MaskLogits.none()}))
    kept.save(turn)
    back = kept.load(bare(turn))
    assert back is not None and not differences(turn.bank, back.bank)


def test_a_turn_that_measured_nothing_is_not_taken_for_an_evicted_one(kept: Measurements) -> None:
    nothing, no_box = bare(rich_turn()), replace(bare(rich_turn()), proposals=Proposals.none(("cat",)))
    kept.save(nothing)
    kept.save(no_box)
    first, second = kept.load(nothing), kept.load(bare(no_box))
    assert first is not None and first.proposals is None
    assert second is not None and second.proposals is not None and second.proposals.phrases == ("cat",)
    assert kept.load(rich_turn()) is None


def test_the_same_id_on_two_pictures_is_two_measurements(kept: Measurements) -> None:
    one = rich_turn(image_digest="1" * 64, seed=1)
    two = replace(rich_turn(image_digest="2" * 64, seed=2), id=one.id)
    kept.save(one)
    kept.save(two)
    for turn in (one, two):
        back = kept.load(bare(turn))
        assert back is not None and not differences(turn.bank, back.bank)
    kept.forget([one.id])
    assert kept.load(one) is None and kept.load(two) is None


def test_saving_again_replaces(kept: Measurements, tmp_path: Path) -> None:
    turn = rich_turn(seed=1)
    kept.save(turn)
    more = replace(rich_turn(seed=2), id=turn.id)
    kept.save(more)
    back = kept.load(bare(turn))
    assert back is not None and list(back.bank) == list(more.bank) and len(files(tmp_path)) == 1


def test_the_ones_used_longest_ago_leave_first(tmp_path: Path) -> None:
    turns = [rich_turn(seed=seed) for seed in range(5)]
    size = len(to_npz(turns[0]))
    kept = Measurements(tmp_path, 3.5 * size / 1e6)
    for second, turn in enumerate(turns[:3]):
        kept.save(turn)
        os.utime(kept._file(turn), (1000 + second, 1000 + second))
    assert kept.load(bare(turns[0])) is not None  # used now
    kept.save(turns[3])
    assert [kept.load(bare(turn)) is not None for turn in turns[:4]] == [True, False, True, True]
    os.utime(kept._file(turns[2]), (1000, 1000))
    kept.save(turns[4])
    assert kept.load(bare(turns[2])) is None and kept.load(bare(turns[4])) is not None
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 3.5 * size


def test_one_that_is_larger_than_the_quota_is_not_kept_and_drives_nothing_out(tmp_path: Path) -> None:
    small, large = replace(rich_turn(), bank=MappingProxyType({})), rich_turn()
    large = replace(large, bank=MappingProxyType(measured(2, 200)[1]))
    kept = Measurements(tmp_path, len(to_npz(small)) * 2 / 1e6)
    kept.save(small)
    kept.save(large)
    assert kept.load(small) is not None and kept.load(large) is None


def test_a_smaller_quota_holds_after_tidying(tmp_path: Path, kept: Measurements) -> None:
    for seed in range(4):
        kept.save(rich_turn(seed=seed))
    size = len(to_npz(rich_turn()))
    assert Measurements(tmp_path, 2 * size / 1e6).tidy(0) == 2


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flip(data: bytes) -> bytes:
    at = data.index(b"logits0.npy") + 300
    return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]


def _object_array(_: bytes) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=True, head=np.array([print], object))
    return stream.getvalue()


@pytest.mark.parametrize("damage", [_cut, _flip, _object_array, lambda _: b"", lambda _: b"PK\x05\x06" + bytes(18)])
def test_a_damaged_file_is_evicted(kept: Measurements, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    turn = rich_turn()
    kept.save(turn)
    [file] = files(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    assert kept.load(bare(turn)) is None
    assert not files(tmp_path)
    kept.save(turn)
    assert kept.load(bare(turn)) is not None


def test_a_file_under_anothers_name_is_not_believed(kept: Measurements) -> None:
    one, two = rich_turn(seed=1), rich_turn(seed=2)
    kept.save(one)
    kept._file(two).write_bytes(kept._file(one).read_bytes())
    assert kept.load(bare(two)) is None


def test_arrays_larger_than_allowed_are_not_unpacked() -> None:
    data = to_npz(rich_turn())
    assert from_npz(data, 1e6).proposals is not None
    with pytest.raises(ValueError, match="too large"):
        from_npz(data, 1000)


def test_a_full_disk_is_said(kept: Measurements, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rich_turn(seed=1)
    kept.save(before)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("core.sessions.files.os.fdopen", full)
    with pytest.raises(StorageError, match="no room"):
        kept.save(rich_turn(seed=2))
    assert kept.load(bare(before)) is not None and len(files(tmp_path)) == 1


def test_eight_threads_save_and_load(kept: Measurements) -> None:
    def use() -> bool:
        turn = rich_turn()
        kept.save(turn)
        return kept.load(bare(turn)) is not None

    assert answers_at_once(use) == [True] * 8


KEY = "a picture; brown dog; an engine"


def test_what_is_kept_under_a_key_comes_back_to_the_last_bit(kept: Measurements) -> None:
    proposals, _ = measured()
    worded = replace(proposals, peaks=np.array([0.1, 1 / 3], np.float32), captions=("cat . brown dog .",))
    for key, one in ((KEY, proposals), ("a key \udcff", worded), ("", Proposals.none(("cat",)))):
        kept.put(key, one)
        back = kept.get(key)
        assert back is not None and not differences(one, back)
    assert kept.get("another key") is None


def test_putting_again_replaces_and_no_turn_is_touched(kept: Measurements, tmp_path: Path) -> None:
    turn = rich_turn()
    kept.save(turn)
    for seed in range(2):
        kept.put(KEY, measured(seed=seed)[0])
    back = kept.get(KEY)
    assert back is not None and not differences(measured(seed=1)[0], back)
    assert len(files(tmp_path)) == 2 and kept.load(bare(turn)) is not None
    kept.forget([KEY, turn.id])
    assert kept.get(KEY) is not None and kept.load(bare(turn)) is None


def test_turns_and_keys_share_the_quota_and_the_ones_used_longest_ago_leave(tmp_path: Path) -> None:
    large = Measurements(tmp_path, 100)
    turn = replace(rich_turn(), bank=MappingProxyType({}))
    proposals, _ = measured()
    large.save(turn)
    for number in range(2):
        large.put(str(number), proposals)
    for second, file in enumerate((large._file(turn), large._named("0"), large._named("1"))):
        os.utime(file, (1000 + second, 1000 + second))
    assert large.get("0") is not None  # used now
    size = max(file.stat().st_size for file in files(tmp_path))
    Measurements(tmp_path, 3.5 * size / 1e6).put("2", proposals)
    assert [large.get(str(number)) is not None for number in range(3)] == [True, True, True]
    assert large.load(bare(turn)) is None
    Measurements(tmp_path, 0.5 * size / 1e6).put("3", proposals)
    assert large.get("3") is None and large.get("0") is not None


@pytest.mark.parametrize("damage", [_cut, _object_array, lambda _: b"", lambda _: b"PK\x05\x06" + bytes(18)])
def test_a_damaged_file_of_a_key_is_evicted(
    kept: Measurements, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    kept.put(KEY, measured()[0])
    [file] = files(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    assert kept.get(KEY) is None and not files(tmp_path)


def test_a_file_under_another_key_is_not_believed(kept: Measurements) -> None:
    kept.put(KEY, measured()[0])
    kept._named("other").write_bytes(kept._named(KEY).read_bytes())
    kept._named("a turn's").write_bytes(to_npz(rich_turn()))
    assert kept.get("other") is None and kept.get("a turn's") is None
