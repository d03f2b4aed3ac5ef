"""Tokens of editors, the changes of each term, former slugs"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "token",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("created", sa.String(length=32), nullable=False),
        sa.Column("expires", sa.String(length=32), nullable=True),
        sa.Column("revoked", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_token_digest")),
    )
    op.create_table(
        "history",
        sa.Column("term_iri", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("term_iri", "seq", name=op.f("pk_history")),
    )
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_history_seq"), ["seq"], unique=False)
    op.create_table(
        "former_slug",
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("term_iri", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_former_slug")),
    )


def downgrade() -> None:
    op.drop_table("former_slug")
    op.drop_table("history")
    op.drop_table("token")
