"""The log and its mirror"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changeset",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("time", sa.String(length=32), nullable=False),
        sa.Column("editor", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("removed", sa.Text(), nullable=False),
        sa.Column("added", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_changeset_positive")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_changeset")),
    )
    op.create_table(
        "glossary",
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("iri", name=op.f("pk_glossary")),
    )
    op.create_table(
        "resource",
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("term_iri", sa.Text(), nullable=True),
        sa.Column("triples", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("iri", name=op.f("pk_resource")),
    )
    with op.batch_alter_table("resource", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resource_term_iri"), ["term_iri"], unique=False)

    op.create_table(
        "term",
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("touched", sa.Integer(), nullable=False),
        sa.Column("created", sa.String(length=40), nullable=False),
        sa.Column("modified", sa.String(length=40), nullable=False),
        sa.Column("deprecated", sa.Boolean(), nullable=False),
        sa.Column("replaced_by", sa.Text(), nullable=True),
        sa.Column("exact_match", sa.JSON(), nullable=False),
        sa.Column("close_match", sa.JSON(), nullable=False),
        sa.Column("notations", sa.JSON(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("quiz", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("iri", name=op.f("pk_term")),
        sa.UniqueConstraint("home", name=op.f("uq_term_home")),
        sa.UniqueConstraint("slug", name=op.f("uq_term_slug")),
    )
    op.create_table(
        "topic",
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("label", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("iri", name=op.f("pk_topic")),
        sa.UniqueConstraint("slug", name=op.f("uq_topic_slug")),
    )
    op.create_table(
        "edge",
        sa.Column("term_iri", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("target_iri", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["term_iri"], ["term.iri"], name=op.f("fk_edge_term_iri_term"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("term_iri", "kind", "target_iri", name=op.f("pk_edge")),
    )
    with op.batch_alter_table("edge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_edge_target_iri"), ["target_iri"], unique=False)

    op.create_table(
        "edition",
        sa.Column("term_iri", sa.Text(), nullable=False),
        sa.Column("lang", sa.String(length=35), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("derived_from", sa.String(length=35), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("credit", sa.Text(), nullable=True),
        sa.Column("digests", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["term_iri"], ["term.iri"], name=op.f("fk_edition_term_iri_term"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("term_iri", "lang", name=op.f("pk_edition")),
    )
    op.create_table(
        "member",
        sa.Column("topic_iri", sa.Text(), nullable=False),
        sa.Column("term_iri", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["topic_iri"], ["topic.iri"], name=op.f("fk_member_topic_iri_topic"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("topic_iri", "term_iri", name=op.f("pk_member")),
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_term_iri"), ["term_iri"], unique=False)

    op.create_table(
        "text",
        sa.Column("term_iri", sa.Text(), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("lang", sa.String(length=35), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["term_iri"], ["term.iri"], name=op.f("fk_text_term_iri_term"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("term_iri", "field", "lang", "place", name=op.f("pk_text")),
    )
    with op.batch_alter_table("text", schema=None) as batch_op:
        batch_op.create_index("ix_text_field_lang", ["field", "lang"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("text", schema=None) as batch_op:
        batch_op.drop_index("ix_text_field_lang")

    op.drop_table("text")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_term_iri"))

    op.drop_table("member")
    op.drop_table("edition")
    with op.batch_alter_table("edge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_edge_target_iri"))

    op.drop_table("edge")
    op.drop_table("topic")
    op.drop_table("term")
    with op.batch_alter_table("resource", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_resource_term_iri"))

    op.drop_table("resource")
    op.drop_table("glossary")
    op.drop_table("changeset")
