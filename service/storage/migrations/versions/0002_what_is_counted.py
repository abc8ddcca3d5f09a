"""What the numbers need of each call: shadow or not, how much of the chart could be used, and calls before it that left no record.

Every column may be empty, so a version that does not know them writes on, and what was recorded before stays as it is.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; no row is touched."""
    op.add_column("decision", sa.Column("shown", sa.Boolean(), nullable=True))
    for name in ("entries", "unknown_codes", "facts", "undated", "unrecorded"):
        op.add_column("decision", sa.Column(name, sa.Integer(), nullable=True))
