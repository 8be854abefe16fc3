"""The tree of a chat's exchanges: the branch that is shown, the branches beside it, the versions behind each node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.types.record import Record


@dataclass(frozen=True)
class Tree:
    """All versions of all nodes, in the order in which they were made.

    head: the node at the end of the branch shown; "" where nothing is shown. shown: for nodes that do not show their
    newest version, the one that they show.
    """

    records: Sequence[Record]
    head: str = ""
    shown: Mapping[str, str] | None = None

    def path(self, head: str | None = None) -> list[Record]:
        """The branch that ends at a node (that shown), from its first exchange on."""
        node = self.head if head is None else head
        path: list[Record] = []
        seen: set[str] = set()
        while node and node not in seen:
            seen.add(node)
            versions = self.versions(node)
            if not versions:
                break
            path.append(self._version(node, versions))
            node = path[-1].parent
        return path[::-1]

    def _version(self, node: str, versions: Sequence[Record]) -> Record:
        wanted = (self.shown or {}).get(node)
        return next((record for record in versions if record.id == wanted), versions[-1])

    def versions(self, node: str) -> list[Record]:
        """The versions of a node, oldest first."""
        return [record for record in self.records if record.node == node]

    def siblings(self, node: str) -> list[str]:
        """The nodes that begin at the same place as this one, itself too, in the order in which they were made."""
        parents = [record.parent for record in self.records if record.node == node]
        if not parents:
            return []
        return list(dict.fromkeys(record.node for record in self.records if record.parent == parents[0]))

    def leaf(self, node: str) -> str:
        """The end of the newest branch that goes on from a node: itself where none does."""
        seen: set[str] = set()
        while node not in seen:
            seen.add(node)
            children = [record.node for record in self.records if record.parent == node and record.node != node]
            node = children[-1] if children else node
        return node
