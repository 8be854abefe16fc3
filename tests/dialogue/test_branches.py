"""The tree of exchanges: the branch in view, the branches beside it, the versions behind a node."""

from __future__ import annotations

from core.dialogue.branches import Tree
from core.types.record import Record


def record(node: str, parent: str = "", version: int = 1) -> Record:
    return Record(f"{node} {version}", id=f"{node}{version}", node=node, parent=parent)


# a - b - c          and beside b, from the same place: d - e
TREE = (record("a"), record("b", "a"), record("c", "b"), record("d", "a"), record("e", "d"))


def texts(tree: Tree) -> list[str]:
    return [r.text for r in tree.path()]


def test_the_path_goes_from_the_first_request_to_the_head() -> None:
    assert texts(Tree(TREE, "c")) == ["a 1", "b 1", "c 1"]
    assert texts(Tree(TREE, "e")) == ["a 1", "d 1", "e 1"]
    assert texts(Tree(TREE, "")) == []


def test_an_unknown_head_shows_nothing_and_a_ring_ends() -> None:
    assert texts(Tree(TREE, "nowhere")) == []
    ring = (record("x", "y"), record("y", "x"))
    assert texts(Tree(ring, "x")) == ["y 1", "x 1"]
    assert Tree(ring, "x").leaf("x") in ("x", "y")


def test_the_newest_version_is_shown_unless_the_user_turned_back() -> None:
    records = (*TREE, record("b", "a", 2))
    assert texts(Tree(records, "c")) == ["a 1", "b 2", "c 1"]
    assert texts(Tree(records, "c", {"b": "b1"})) == ["a 1", "b 1", "c 1"]
    assert texts(Tree(records, "c", {"b": "gone"})) == ["a 1", "b 2", "c 1"]
    assert [r.id for r in Tree(records).versions("b")] == ["b1", "b2"]


def test_siblings_begin_at_the_same_place_and_the_newest_leaf_ends_a_branch() -> None:
    tree = Tree(TREE, "c")
    assert tree.siblings("b") == tree.siblings("d") == ["b", "d"]
    assert tree.siblings("a") == ["a"]
    assert tree.siblings("nowhere") == []
    assert (tree.leaf("b"), tree.leaf("d"), tree.leaf("a")) == ("c", "e", "e")
