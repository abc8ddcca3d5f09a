"""What alembic runs: the steps that a database still lacks, in the transaction that it is handed."""

from alembic import context

from service.storage.schema import REVISION_TABLE, tables

context.configure(
    connection=context.config.attributes["connection"], target_metadata=tables, version_table=REVISION_TABLE, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
