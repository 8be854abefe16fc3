"""Experiments are kept, listed and deleted; owners are apart; pictures are shared with chats and never lost to them."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from core.errors import StorageError
from core.sessions import upkeep
from core.sessions.experiments import ExperimentSummary, NoSuchExperiment
from core.sessions.store import SessionStore, Tidied
from core.sessions.tables import EXPERIMENTS
from core.types.experiment import Experiment
from core.types.picture import PictureRef
from core.types.turn import new_id
from tests.sessions import first_version
from tests.sessions.conftest import Open
from tests.sessions.test_database import first
from tests.sessions.test_upkeep import DAY, chat_about, files
from tests.sessions.values import differences, made_picture, measured, png, rich_experiment, rich_turn
from tests.threads import answers_at_once

__all__ = ["first"]  # a fixture


def added(store: SessionStore, *shades: int) -> list[PictureRef]:
    return [store.pictures.add(png(shade), f"{shade}.png") for shade in shades]


def kept_about(store: SessionStore, owner: str, *pictures: PictureRef) -> Experiment:
    experiment = rich_experiment(*pictures)
    store.experiments.put(owner, experiment)
    return experiment


def test_an_experiment_comes_back_as_it_was_put(store: SessionStore, open_store: Open) -> None:
    experiment = kept_about(store, "me", *added(store, 1, 2))
    assert not differences(experiment, open_store().experiments.load("me", experiment.id))


def test_put_again_it_is_replaced_and_not_another_one(store: SessionStore) -> None:
    [one, two] = added(store, 1, 2)
    experiment = kept_about(store, "me", one)
    changed = experiment.with_(title="Cats", pictures=(two,), variants=experiment.variants[:1], phrases=("cat",))
    store.experiments.put("me", changed)
    assert not differences(changed, store.experiments.load("me", experiment.id))
    [summary] = store.experiments.summaries("me")
    assert summary == ExperimentSummary(experiment.id, "Cats", 1, ("cat",), 1, changed.updated)


def test_the_list_has_the_newest_change_first(store: SessionStore) -> None:
    [picture] = added(store, 1)
    old, new = rich_experiment(updated=1.0), rich_experiment(picture, updated=2.0)
    for experiment in (new, old):
        store.experiments.put("me", experiment)
    assert [summary.id for summary in store.experiments.summaries("me")] == [new.id, old.id]
    assert store.experiments.summaries("me")[0] == ExperimentSummary(new.id, "Dogs 🐕", 1, ("brown dog", "cat"), 2, 2.0)
    store.experiments.put("me", replace(old, updated=3.0))
    assert [summary.id for summary in store.experiments.summaries("me")] == [old.id, new.id]


def test_a_new_title_is_one_line_and_holds_until_the_next_change(store: SessionStore) -> None:
    experiment = kept_about(store, "me")
    store.experiments.rename("me", experiment.id, " Cats\nand dogs ")
    loaded = store.experiments.load("me", experiment.id)
    assert loaded.title == store.experiments.summaries("me")[0].title == "Cats and dogs"
    store.experiments.put("me", loaded)
    assert store.experiments.load("me", experiment.id).title == "Cats and dogs"


def test_another_owner_finds_nothing_and_changes_nothing(store: SessionStore, tmp_path: Path) -> None:
    owner = "cookie-of-a-user"
    experiment = kept_about(store, owner, *added(store, 1))
    attempts: tuple[Callable[[], object], ...] = (
        lambda: store.experiments.load("you", experiment.id),
        lambda: store.experiments.rename("you", experiment.id, "yours"),
        lambda: store.experiments.delete("you", experiment.id),
        lambda: store.experiments.put("you", experiment.with_(title="yours")),
        lambda: store.experiments.load(owner, "unknown"),
    )
    for attempt in attempts:
        with pytest.raises(NoSuchExperiment) as caught:
            attempt()
        assert caught.value.message and caught.value.remedy
    assert store.experiments.summaries("you") == [] and store.experiments.pictures("you") == []
    assert not differences(experiment, store.experiments.load(owner, experiment.id))
    store.close()
    content = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert owner.encode() not in content


def test_a_picture_that_was_deleted_meanwhile_does_not_come_into_it(store: SessionStore) -> None:
    [one, two] = added(store, 1, 2)
    experiment = kept_about(store, "me", one)
    (store.pictures.folder / two.key).unlink()
    with pytest.raises(StorageError, match="no longer kept") as caught:
        store.experiments.put("me", experiment.with_(title="Both", pictures=(one, two)))
    assert caught.value.remedy and not differences(experiment, store.experiments.load("me", experiment.id))
    (store.pictures.folder / one.key).unlink()  # one that it had before: the rest can still be changed
    store.experiments.put("me", experiment.with_(title="Still"))
    assert store.experiments.load("me", experiment.id).title == "Still"


def test_pixels_that_were_made_in_a_chat_are_written_with_it(store: SessionStore, open_store: Open) -> None:
    made = store.pictures.keep(made_picture(), "a.png (edited)", "edited")
    kept_about(store, "me", made)
    assert open_store().pictures.open(made).digest == made_picture().digest


def test_a_claim_ends_with_the_reference_and_no_other_claim_does(store: SessionStore) -> None:
    [picture] = added(store, 1)
    experiment = kept_about(store, "me", picture)
    added(store, 1)  # a chat is about to refer to it
    for _ in range(3):
        store.experiments.put("me", experiment.with_(title="again"))
    store.experiments.delete("me", experiment.id)
    assert files(store, "pictures") == {picture.key}
    store.pictures.release([picture.key])
    store.experiments.put("me", experiment)
    store.experiments.delete("me", experiment.id)
    assert files(store, "pictures") == set()


def test_one_user_may_keep_so_many(open_store: Open) -> None:
    store = open_store(chats=2)
    first, second = kept_about(store, "me"), kept_about(store, "me")
    with pytest.raises(StorageError, match="2 experiments") as caught:
        kept_about(store, "me")
    assert "[sessions] chats" in caught.value.remedy
    store.experiments.put("me", second.with_(title="a change is none more"))
    kept_about(store, "you")
    assert store.create("me", "a chat has its own count")
    store.experiments.delete("me", first.id)
    kept_about(store, "me")


def test_eight_threads_cannot_keep_more_than_one_may(open_store: Open) -> None:
    store = open_store(chats=3)
    assert len(answers_at_once(lambda: _kept(store))) == 8
    assert len(store.experiments.summaries("me")) == 3


def _kept(store: SessionStore) -> bool:
    try:
        kept_about(store, "me")
    except StorageError:
        return False
    return True


def test_one_that_cannot_be_read_is_said_and_hides_no_other(store: SessionStore) -> None:
    [one, two] = added(store, 1, 2)
    good, bad = kept_about(store, "me", one), kept_about(store, "me", two)
    for data in (b"damaged", zlib.compress(b"[]"), zlib.compress(b"[" * 100_000)):
        with store._database.write() as connection:
            connection.execute(update(EXPERIMENTS).where(EXPERIMENTS.c.id == bad.id).values(data=data))
        with pytest.raises(StorageError, match="cannot be read") as caught:
            store.experiments.load("me", bad.id)
        assert "delete" in caught.value.remedy
    assert len(store.experiments.summaries("me")) == 2 and store.experiments.pictures("me") == [one]
    assert store.experiments.load("me", good.id)
    store.experiments.delete("me", bad.id)
    assert [summary.id for summary in store.experiments.summaries("me")] == [good.id]


def test_the_pictures_of_all_chats_and_experiments_are_each_listed_once(store: SessionStore) -> None:
    [one, two, other] = added(store, 1, 2, 3)
    chat_about(store, "me", one)
    kept_about(store, "me", one, two)
    kept_about(store, "you", other)
    assert {ref.key for ref in store.experiments.pictures("me")} == {one.key, two.key}
    assert len(store.experiments.pictures("me")) == 2


def test_a_deleted_chat_leaves_the_pictures_of_experiments(store: SessionStore) -> None:
    [alone, shared] = added(store, 1, 2)
    chat, _ = chat_about(store, "me", alone)
    store.add_picture("me", chat, shared)
    experiment = kept_about(store, "you", shared)
    store.delete("me", chat)
    assert files(store, "pictures") == {shared.key}
    store.experiments.delete("you", experiment.id)
    assert files(store, "pictures") == set()


def test_a_deleted_experiment_leaves_the_pictures_of_chats_and_other_experiments(store: SessionStore) -> None:
    [alone, chats, others] = added(store, 1, 2, 3)
    chat, _ = chat_about(store, "me", chats)
    experiment = kept_about(store, "me", alone, chats, others)
    other = kept_about(store, "me", others)
    store.experiments.delete("me", experiment.id)
    assert files(store, "pictures") == {chats.key, others.key}
    with pytest.raises(NoSuchExperiment):
        store.experiments.load("me", experiment.id)
    store.delete("me", chat)
    assert files(store, "pictures") == {others.key}
    store.experiments.delete("me", other.id)
    assert files(store, "pictures") == set()


def test_a_sweep_takes_no_picture_of_an_experiment_but_those_that_left_it(store: SessionStore) -> None:
    [stays, leaves] = added(store, 1, 2)
    experiment = kept_about(store, "me", stays, leaves)
    for key in (stays.key, leaves.key):
        os.utime(store.pictures.folder / key, (1000, 1000))
    assert store.tidy() == Tidied()
    store.experiments.put("me", experiment.with_(pictures=(stays,)))
    store.experiments.put("me", experiment)  # a step back
    assert store.tidy() == Tidied()
    store.experiments.put("me", experiment.with_(pictures=(stays,)))
    assert store.tidy() == Tidied(pictures=1) and files(store, "pictures") == {stays.key}


def test_experiments_untouched_for_too_long_leave_with_their_pictures(
    open_store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "AT_ONCE", 3)
    store = open_store(keep_days=10)
    for shade in range(5):
        kept_about(store, "me", *added(store, shade))
    now = time.time()
    assert store.tidy(now + 9 * DAY) == Tidied()
    assert store.tidy(now + 11 * DAY) == Tidied(experiments=5, pictures=5)
    assert store.experiments.summaries("me") == [] and files(store, "pictures") == set()


def test_opening_changing_and_renaming_one_touches_it(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(keep_days=10)
    opened, put, renamed, left = (kept_about(store, "me") for _ in range(4))
    now = time.time()
    monkeypatch.setattr("core.sessions.experiments.time.time", lambda: now + 9 * DAY)
    store.experiments.load("me", opened.id)
    store.experiments.put("me", put)
    store.experiments.rename("me", renamed.id, "new")
    monkeypatch.undo()
    assert store.tidy(now + 15 * DAY) == Tidied(experiments=1)
    assert left.id not in {summary.id for summary in store.experiments.summaries("me")}


def test_an_old_chat_leaves_without_the_pictures_of_a_young_experiment(open_store: Open) -> None:
    store = open_store(keep_days=10)
    [picture] = added(store, 1)
    chat_about(store, "me", picture)
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE chats SET touched = 0")
    kept_about(store, "me", picture)
    assert store.tidy() == Tidied(chats=1) and files(store, "pictures") == {picture.key}


def test_what_was_measured_outlives_a_restart_and_leaves_when_unused_for_too_long(open_store: Open) -> None:
    store = open_store(keep_days=10)
    proposals, _ = measured()
    store.measurements.put("a picture; phrases; an engine", proposals)
    found = open_store().measurements.get("a picture; phrases; an engine")
    assert found is not None and not differences(proposals, found)
    turn = rich_turn()
    store.measurements.save(turn)  # a chat's: it goes with its chat
    now = time.time()
    assert store.tidy(now + 9 * DAY).measurements == 0
    assert store.tidy(now + 11 * DAY).measurements == 1
    assert store.measurements.get("a picture; phrases; an engine") is None and store.measurements.load(turn)


def test_a_database_of_the_first_version_takes_experiments_on_the_pictures_of_its_chats(
    first: Path, open_store: Open
) -> None:
    store, owner = open_store(first, keep_days=1e9), first_version.OWNER
    [summary] = store.chats(owner)
    kept = store.load(owner, summary.id)
    assert store.experiments.summaries(owner) == []
    assert {ref.key for ref in store.experiments.pictures(owner)} == {ref.key for ref in kept.pictures}
    experiment = kept_about(store, owner, kept.pictures[0])
    store.close()
    again = open_store(first, keep_days=1e9)
    assert not differences(experiment, again.experiments.load(owner, experiment.id))
    assert [record.text for record in again.load(owner, summary.id).records] == list(first_version.TEXTS)
    again.delete(owner, summary.id)
    assert files(again, "pictures") == {kept.pictures[0].key}
    again.experiments.delete(owner, experiment.id)
    assert files(again, "pictures") == set()


def test_a_copy_is_an_experiment_of_its_own(store: SessionStore) -> None:
    experiment = kept_about(store, "me", *added(store, 1))
    copy = replace(experiment, id=new_id(), title="A copy")
    store.experiments.put("me", copy)
    store.experiments.delete("me", experiment.id)
    assert not differences(copy, store.experiments.load("me", copy.id)) and store.pictures.open(copy.pictures[0])
