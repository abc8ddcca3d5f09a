"""Decisions, cards, feedback, used tokens and audit; what a file of the first version held (feedback, used tokens) is taken over."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.Text().with_variant(TIMESTAMP(timezone=True), "postgresql")
_FEEDBACK_BEFORE = (
    "id, digest, received_at, service, card, card_known, outcome, outcome_timestamp, accepted_suggestions, "
    "reason_code, reason_system, reason_display, user_comment"
)


def upgrade() -> None:
    """Make the tables, and fill them with what there was."""
    before = _put_aside("feedback"), _put_aside("seen_token")
    _make_decisions()
    _make_feedback()
    op.create_table(
        "seen_token",
        *_texts("issuer", "jti"),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "jti", name="pk_seen_token"),
    )
    op.create_index("ix_seen_token_until", "seen_token", ["until"])
    _make_audit()
    _take_over(*before)


def _make_decisions() -> None:
    op.create_table(
        "decision",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=False),
        *_texts("today", "client", "service", "hook", "hook_instance", "patient", "encounter", "caller", "version", "knowledge"),
        *_texts("input_digest", "data", "findings", "rules", "outcome", "silence"),
        sa.Column("milliseconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
    )
    op.create_index("ix_decision_client_patient_decided_at", "decision", ["client", "patient", "decided_at"])
    op.create_index("ix_decision_client_caller_decided_at", "decision", ["client", "caller", "decided_at"])
    op.create_index("ix_decision_hook_instance", "decision", ["hook_instance"])
    op.create_index("ix_decision_decided_at", "decision", ["decided_at"])
    op.create_table(
        "card",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("decision", _NUMBER, nullable=False),
        *_texts("client", "uuid"),
        sa.Column("shown", sa.Boolean(), nullable=False),
        *_texts("topic", "kind", "nerves", "side", "tier", "about", "ordered", "facts", "in_vain"),
        sa.PrimaryKeyConstraint("id", name="pk_card"),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name="fk_card_decision", ondelete="CASCADE"),
    )
    op.create_index("ix_card_decision", "card", ["decision"])
    op.create_index("ix_card_client_uuid", "card", ["client", "uuid"])


def _make_feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", _NUMBER, nullable=False),
        *_texts("digest"),
        sa.Column("received_at", _MOMENT, nullable=False),
        *_texts("client", "service", "card"),
        sa.Column("card_known", sa.Boolean(), nullable=False),
        *_texts("outcome"),
        sa.Column("outcome_timestamp", _MOMENT, nullable=False),
        *_texts("accepted_suggestions"),
        *_texts("reason_code", "reason_system", "reason_display", "user_comment", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.UniqueConstraint("digest", name="uq_feedback_digest"),
    )
    op.create_index("ix_feedback_client_card", "feedback", ["client", "card"])
    op.create_index("ix_feedback_client_received_at", "feedback", ["client", "received_at"])
    op.create_index("ix_feedback_received_at", "feedback", ["received_at"])


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        *_texts("record", "hash"),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    op.create_index("ix_audit_recorded_at", "audit", ["recorded_at"])
    op.create_table(
        "audit_checkpoint",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("removed_at", _MOMENT, nullable=False),
        *_texts("hash", "seal"),
        sa.PrimaryKeyConstraint("number", name="pk_audit_checkpoint"),
    )


def _texts(*names: str, nullable: bool = False) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.Text(), nullable=nullable) for name in names)


def _put_aside(table: str) -> bool:
    """Whether there was such a table: the first version made its own, in SQLite."""
    there = sa.inspect(op.get_bind()).has_table(table)
    if there:
        op.rename_table(table, f"{table}_before")
    return there


def _take_over(feedback: bool, seen_token: bool) -> None:
    if feedback:
        # The very first files have no clients.
        columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("feedback_before")}
        client = "client" if "client" in columns else "''"
        op.execute(f"INSERT INTO feedback ({_FEEDBACK_BEFORE}, client) SELECT {_FEEDBACK_BEFORE}, {client} FROM feedback_before")  # noqa: S608
        op.drop_table("feedback_before")
    if seen_token:
        op.execute("INSERT INTO seen_token (issuer, jti, until) SELECT issuer, jti, until FROM seen_token_before")
        op.drop_table("seen_token_before")
