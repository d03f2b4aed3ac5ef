"""A term's row has all of its own that answers show, and what is said of it is ready

The rows that are there get empty values: `kgservice db upgrade` makes the mirror anew from the log.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = ("label", "texts", "languages")


def upgrade() -> None:
    with op.batch_alter_table("term", schema=None, recreate="always") as batch_op:
        for name in COLUMNS:
            column = sa.Column(name, sa.JSON(), server_default="{}", nullable=False)
            batch_op.add_column(column, insert_after="slug" if name == "label" else None)
    with op.batch_alter_table("term", schema=None) as batch_op:
        for name in COLUMNS:
            batch_op.alter_column(name, server_default=None)
    op.create_table(
        "spoken",
        sa.Column("term_iri", sa.Text(), nullable=False),
        sa.Column("lang", sa.String(length=35), nullable=False),
        sa.Column("used", sa.Text(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.Column("after", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["term_iri"], ["term.iri"], name=op.f("fk_spoken_term_iri_term"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("term_iri", "lang", name=op.f("pk_spoken")),
    )


def downgrade() -> None:
    op.drop_table("spoken")
    with op.batch_alter_table("term", schema=None) as batch_op:
        for name in COLUMNS:
            batch_op.drop_column(name)
