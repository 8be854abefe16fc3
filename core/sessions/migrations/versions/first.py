"""The first version: chats, their pictures, records, uses of pictures, labelled examples."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision: str | None = None

ID, KEY, LARGE = 64, 64, 2**31 - 1


def upgrade() -> None:
    op.create_table(
        "chats",
        sa.Column("id", sa.String(ID), primary_key=True),
        sa.Column("owner", sa.String(KEY), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("updated", sa.Float(53), nullable=False),
        sa.Column("touched", sa.Float(53), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("head", sa.String(ID), nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
    )
    op.create_index("ix_chats_owner", "chats", ["owner"])
    op.create_table(
        "pictures",
        _chat_key(),
        sa.Column("key", sa.String(KEY), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("ref", sa.Text, nullable=False),
    )
    op.create_table(
        "records",
        _chat_key(),
        sa.Column("id", sa.String(ID), primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("node", sa.String(ID), nullable=False),
        sa.Column("parent", sa.String(ID), nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False),
        sa.Column("run", sa.String(ID), nullable=False),
        sa.Column("turns", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary(LARGE), nullable=False),
    )
    op.create_index("ix_records_run", "records", ["run"])
    op.create_table(
        "uses",
        _chat_key(),
        sa.Column("record", sa.String(ID), primary_key=True),
        sa.Column("key", sa.String(KEY), primary_key=True),
    )
    op.create_index("ix_uses_key", "uses", ["key"])
    op.create_table(
        "examples",
        _chat_key(),
        sa.Column("node", sa.String(ID), primary_key=True),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for table in ("examples", "uses", "records", "pictures", "chats"):
        op.drop_table(table)


def _chat_key() -> sa.Column[str]:
    return sa.Column("chat", sa.String(ID), sa.ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True)
