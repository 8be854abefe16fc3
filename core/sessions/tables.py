"""The tables as they are now; `migrations` leads every earlier version here.

A chat or an experiment belongs to an owner, who is stored as SHA-256 of the id. `uses` says which pictures a chat
refers to and where, `experiment_uses` the same of experiments: a file goes with its last row in both.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

ID, KEY, LARGE = 64, 64, 2**31 - 1

METADATA = MetaData()


def _chat_key() -> Column[str]:
    return Column("chat", String(ID), ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True)


# updated: last change of what is in it. touched: last change or opening, for retention. revision: grows by every
# change. head: the shown leaf node. shown: JSON, node -> id of the version that the user turned back to.
CHATS = Table(
    "chats",
    METADATA,
    Column("id", String(ID), primary_key=True),
    Column("owner", String(KEY), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("created", Float(53), nullable=False),
    Column("updated", Float(53), nullable=False),
    Column("touched", Float(53), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("head", String(ID), nullable=False),
    Column("shown", Text, nullable=False),
)

# The pictures put into a chat, in order. ref: a packed `PictureRef`, JSON.
PICTURES = Table(
    "pictures",
    METADATA,
    _chat_key(),
    Column("key", String(KEY), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("ref", Text, nullable=False),
)

# seq: order of creation in its chat. revision: the chat's, when it was last written. run: who works on it, "" when it
# is finished. turns: JSON, ids of its turns. data: a packed `Record`, JSON, zlib.
RECORDS = Table(
    "records",
    METADATA,
    _chat_key(),
    Column("id", String(ID), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("node", String(ID), nullable=False),
    Column("parent", String(ID), nullable=False),
    Column("created", Float(53), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("finished", Boolean, nullable=False),
    Column("run", String(ID), nullable=False, index=True),
    Column("turns", Text, nullable=False),
    Column("data", LargeBinary(LARGE), nullable=False),
)

# record: "" where the chat itself holds the picture.
USES = Table(
    "uses",
    METADATA,
    _chat_key(),
    Column("record", String(ID), primary_key=True),
    Column("key", String(KEY), primary_key=True),
    Index("ix_uses_key", "key"),
)

# One for each corrected node. data: a packed `Example`, JSON.
EXAMPLES = Table(
    "examples",
    METADATA,
    _chat_key(),
    Column("node", String(ID), primary_key=True),
    Column("created", Float(53), nullable=False),
    Column("data", Text, nullable=False),
)

# updated: the experiment's own. touched: last change or opening, for retention. pictures, variants: how many. phrases:
# JSON. data: a packed `Experiment`, JSON, zlib; its title is the one it was put with, the column's is the latest.
EXPERIMENTS = Table(
    "experiments",
    METADATA,
    Column("id", String(ID), primary_key=True),
    Column("owner", String(KEY), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("created", Float(53), nullable=False),
    Column("updated", Float(53), nullable=False),
    Column("touched", Float(53), nullable=False),
    Column("pictures", Integer, nullable=False),
    Column("variants", Integer, nullable=False),
    Column("phrases", Text, nullable=False),
    Column("data", LargeBinary(LARGE), nullable=False),
)

EXPERIMENT_USES = Table(
    "experiment_uses",
    METADATA,
    Column("experiment", String(ID), ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(KEY), primary_key=True),
    Index("ix_experiment_uses_key", "key"),
)
