"""what is kept how long: retention, blob holds, past addresses."""

from alembic import op
import sqlalchemy as sa
import shared.db


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table('blob_hold',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('holder', sa.String(length=64), nullable=False),
    sa.Column('until', shared.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('past_address',
    sa.Column('url_hash', sa.String(length=64), nullable=False),
    sa.Column('seen_at', shared.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('url_hash')
    )
    op.create_table('retention',
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('next_at', shared.db.UtcDateTime(timezone=True), server_default=shared.db.now(), nullable=False),
    sa.Column('ran_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('is_unfinished', sa.Boolean(), nullable=False),
    sa.Column('removed', sa.Integer(), nullable=False),
    sa.Column('removed_ever', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('kind')
    )
    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.create_index('article_by_age', ['found_at'], unique=False, sqlite_where=sa.text('removed_at IS NULL'), postgresql_where=sa.text('removed_at IS NULL'))
        batch_op.create_index('article_page_by_age', ['fetched_at'], unique=False, sqlite_where=sa.text('page_hash IS NOT NULL'), postgresql_where=sa.text('page_hash IS NOT NULL'))


def downgrade() -> None:
    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.drop_index('article_page_by_age', sqlite_where=sa.text('page_hash IS NOT NULL'), postgresql_where=sa.text('page_hash IS NOT NULL'))
        batch_op.drop_index('article_by_age', sqlite_where=sa.text('removed_at IS NULL'), postgresql_where=sa.text('removed_at IS NULL'))

    op.drop_table('retention')
    op.drop_table('past_address')
    op.drop_table('blob_hold')
