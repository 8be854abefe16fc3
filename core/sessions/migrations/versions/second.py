"""The second version: experiments, and their uses of pictures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision: str | None = "1"

ID, KEY, LARGE = 64, 64, 2**31 - 1


def upgrade() -> None:
    op.create_table(
        "experiments",
        sa.Column("id", sa.String(ID), primary_key=True),
        sa.Column("owner", sa.String(KEY), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created", sa.Float(53), nullable=False),
        sa.Column("updated", sa.Float(53), nullable=False),
        sa.Column("touched", sa.Float(53), nullable=False),
        sa.Column("pictures", sa.Integer, nullable=False),
        sa.Column("variants", sa.Integer, nullable=False),
        sa.Column("phrases", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary(LARGE), nullable=False),
    )
    op.create_index("ix_experiments_owner", "experiments", ["owner"])
    op.create_table(
        "experiment_uses",
        sa.Column("experiment", sa.String(ID), sa.ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("key", sa.String(KEY), primary_key=True),
    )
    op.create_index("ix_experiment_uses_key", "experiment_uses", ["key"])


def downgrade() -> None:
    for table in ("experiment_uses", "experiments"):
        op.drop_table(table)
