"""A chat goes out as one zip and comes back as another chat that is alike in everything but its ids."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import StorageError
from core.sessions.examples import Example
from core.sessions.records import INTERRUPTED, Kept
from core.sessions.store import SessionStore
from core.types.language import IntentName
from core.types.record import Record
from core.types.reference import Operation, Reference
from tests.sessions.conftest import Open
from tests.sessions.values import differences, made_picture, png, rich_record
from tests.sessions.zips import files_of, zipped

Ids = Callable[[str], str]


def full_chat(store: SessionStore, owner: str = "me") -> str:
    """Two pictures, a changed one, three nodes, two versions of one, measurements, a correction."""
    chat = store.create(owner, "A dog 🐕")
    one, two = store.pictures.add(png(1), "one.png", "shapes"), store.pictures.add(png(2), "two.png")
    for ref in (one, two):
        store.add_picture(owner, chat, ref)
    edited = store.pictures.keep(made_picture(), "one.png (edited)", "edited")
    store.pictures.save(edited)
    first = rich_record(one, edited)
    second = rich_record(two, parent=first.node)
    turn = second.results[0].turn
    told = Reference("it", Operation.KEEP, "the dog", (1,), (), first.results[0].turn.id)
    turn = replace(turn, base=first.results[0].turn.id, undoes=first.id, references=(told,))
    second = replace(second, results=(replace(second.results[0], turn=turn),))
    again = Record("again", node=second.node, parent=first.node, finished=True)
    branch = Record("a branch", parent=first.node, finished=True, failed=("No.", "Yes."))
    for record in (first, second, again, branch):
        store.put(owner, chat, record)
        for result in record.results:
            store.measurements.save(result.turn)
    store.set_view(owner, chat, branch.node, {second.node: second.id})
    store.add_example(owner, chat, Example(second.id, "make it bigger", IntentName.MASK, ("dog",), 5.0))
    return chat


def exported(store: SessionStore, chat: str, owner: str = "me") -> bytes:
    stream = io.BytesIO()
    store.export(owner, chat, stream)
    return stream.getvalue()


def renamed(kept: Kept) -> Kept:
    """The chat with every id told by its place: two chats that differ in their ids alone become alike."""
    known: dict[str, str] = {"": ""}

    def new(old: str) -> str:
        return known.setdefault(old, f"id {len(known)}")

    records = []
    for record in kept.records:
        results = []
        for result in record.results:
            turn = result.turn
            references = tuple(replace(one, turn=new(one.turn)) for one in turn.references)
            turn = replace(turn, id=new(turn.id), base=new(turn.base), undoes=new(turn.undoes), references=references)
            results.append(replace(result, turn=turn))
        ids = (new(record.id), new(record.node), new(record.parent))
        records.append(replace(record, id=ids[0], node=ids[1], parent=ids[2], results=tuple(results)))
    shown = {new(node): new(version) for node, version in kept.shown.items()}
    return replace(
        kept, id="", created=kept.created, updated=0, revision=0, records=tuple(records), head=new(kept.head),
        shown=shown,
    )  # fmt: skip


def test_a_chat_comes_back_alike_in_another_installation(store: SessionStore, open_store: Open, tmp_path: Path) -> None:
    chat = full_chat(store)
    file = tmp_path / "chat.zip"
    store.export("me", chat, file)
    other = open_store(tmp_path / "other")
    brought = other.import_("you", file)
    before, after = store.load("me", chat), other.load("you", brought)
    assert not differences(renamed(before), renamed(after))
    for old, new in zip(before.records, after.records, strict=True):
        assert old.id != new.id and old.node != new.node
        for one, two in zip(old.results, new.results, strict=True):
            measured, again = store.measurements.load(one.turn), other.measurements.load(two.turn)
            assert measured is not None and again is not None
            assert not differences((measured.proposals, measured.bank), (again.proposals, again.bank))
    for ref in after.pictures:
        assert other.pictures.raw(ref) == store.pictures.raw(ref)
    edited = after.records[0].results[0].edited
    assert edited is not None and other.pictures.open(edited).digest == made_picture().digest
    [example] = other.examples("you")
    assert example == replace(store.examples("me")[0], record_id=after.records[1].id)
    assert not list(tmp_path.rglob("*.part"))


def test_what_refers_inside_a_chat_still_does(store: SessionStore) -> None:
    kept = store.load("me", store.import_("me", exported(store, full_chat(store))))
    first, second, again, branch = kept.records
    turn = second.results[0].turn
    assert (first.parent, second.parent, again.parent, branch.parent) == ("", first.node, first.node, first.node)
    assert second.node == again.node and kept.head == branch.node and dict(kept.shown) == {second.node: second.id}
    assert turn.base == turn.references[0].turn == first.results[0].turn.id and turn.undoes == first.id


def test_imported_twice_it_is_two_chats_that_share_their_pictures(store: SessionStore) -> None:
    chat = full_chat(store)
    data = exported(store, chat)
    one, two = store.import_("me", data), store.import_("me", io.BytesIO(data))
    assert len({chat, one, two}) == 3 and len(store.chats("me")) == 3
    ids = [record.id for each in (chat, one, two) for record in store.load("me", each).records]
    assert len(set(ids)) == len(ids)
    store.delete("me", chat)
    store.delete("me", one)
    kept = store.load("me", two)
    assert all(store.pictures.open(ref) for ref in kept.pictures)
    assert store.measurements.load(kept.records[0].results[0].turn) is not None
    store.delete("me", two)
    assert not [path for path in store.pictures.folder.glob("*") if path.is_file()]


def test_it_can_be_exported_again_and_again(store: SessionStore) -> None:
    chat = full_chat(store)
    again = store.import_("me", exported(store, store.import_("me", exported(store, chat))))
    assert not differences(renamed(store.load("me", chat)), renamed(store.load("me", again)))


def test_equal_chats_give_equal_archives(store: SessionStore) -> None:
    chat = full_chat(store)
    assert exported(store, chat) == exported(store, chat)


def test_a_request_that_runs_is_interrupted_where_it_is_brought(store: SessionStore) -> None:
    chat = store.create("me", "x")
    store.put("me", chat, Record("running"))
    [record] = store.load("me", store.import_("me", exported(store, chat))).records
    assert record.finished and record.failed == INTERRUPTED


def test_pixels_that_were_not_written_yet_are_exported(store: SessionStore) -> None:
    chat = store.create("me", "x")
    picture = store.pictures.add(png(1), "a.png")
    edited = store.pictures.keep(made_picture(), "b", "edited")
    store.put("me", chat, rich_record(picture, edited))
    assert f"pictures/{edited.key}" in files_of(exported(store, chat))


def test_a_chat_with_a_lost_picture_and_evicted_measurements_goes_out_and_in(store: SessionStore) -> None:
    chat = full_chat(store)
    kept = store.load("me", chat)
    (store.pictures.folder / kept.pictures[0].key).unlink()
    store.measurements.forget([kept.records[0].results[0].turn.id])
    after = store.load("me", store.import_("me", exported(store, chat)))
    assert len(after.records) == 4 and after.pictures[0].name == "one.png"
    assert after.pictures[0] == after.records[0].pictures[0] == after.records[0].results[0].picture
    with pytest.raises(StorageError, match="no longer kept"):
        store.pictures.raw(after.pictures[0])
    assert store.measurements.load(after.records[0].results[0].turn) is None
    assert store.measurements.load(after.records[1].results[0].turn) is not None


def test_the_name_of_anothers_picture_does_not_give_the_picture(store: SessionStore) -> None:
    """Whoever knows a digest could otherwise see what lies under it."""
    secret = store.pictures.add(png(99), "secret.png")
    chat = store.create("me", "x")
    store.put("me", chat, rich_record(secret))
    data = exported(store, chat)
    files = {name: content for name, content in files_of(data).items() if not name.startswith("pictures/")}
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {name: told for name, told in manifest["files"].items() if name in files}
    files["manifest.json"] = json.dumps(manifest).encode()
    [record] = store.load("thief", store.import_("thief", zipped(files))).records
    assert record.pictures[0].key != secret.key and not store.pictures.has(record.pictures[0].key)


def test_the_limit_of_chats_holds_for_imports(open_store: Open) -> None:
    store = open_store(chats=1)
    data = exported(store, full_chat(store))
    store.delete("me", store.chats("me")[0].id)
    assert store.import_("me", data)
    with pytest.raises(StorageError, match="1 chats"):
        store.import_("me", data)


def test_a_disk_that_fills_up_while_exporting_is_said(
    store: SessionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = full_chat(store)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.sessions.files.os.fsync", full)
    with pytest.raises(StorageError, match="no room"):
        store.export("me", chat, tmp_path / "chat.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
