"""initial tables."""

from alembic import op
import sqlalchemy as sa
import shared.db


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table('audit',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', shared.db.UtcDateTime(timezone=True), server_default=shared.db.now(), nullable=False),
    sa.Column('actor', sa.String(length=64), nullable=False),
    sa.Column('action', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=16), nullable=False),
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('evidence', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.create_index('audit_of_subject', ['subject', 'subject_id'], unique=False)

    op.create_table('bad_message',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('queue', sa.String(length=64), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('received_at', shared.db.UtcDateTime(timezone=True), server_default=shared.db.now(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('entity',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=300), nullable=False),
    sa.Column('kind', sa.String(length=3), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('link', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('key')
    )
    op.create_table('host',
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('next_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('robots_status', sa.Integer(), nullable=True),
    sa.Column('robots_text', sa.Text(), nullable=True),
    sa.Column('robots_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('host_turn',
    sa.Column('url_hash', sa.String(length=64), nullable=False),
    sa.Column('host', sa.String(length=300), nullable=False),
    sa.Column('turn_at', shared.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('url_hash')
    )
    with op.batch_alter_table('host_turn', schema=None) as batch_op:
        batch_op.create_index('host_turn_line', ['host', 'turn_at'], unique=False)

    op.create_table('image',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('media_type', sa.String(length=32), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('thumbnail_hash', sa.String(length=64), nullable=False),
    sa.Column('thumbnail_width', sa.Integer(), nullable=False),
    sa.Column('thumbnail_height', sa.Integer(), nullable=False),
    sa.Column('pdq', sa.LargeBinary(), nullable=False),
    sa.Column('pdq_quality', sa.Integer(), nullable=False),
    sa.Column('pdq_version', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('decided_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('matched_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reports', sa.Integer(), nullable=False),
    sa.Column('engine', sa.String(length=64), nullable=False),
    sa.Column('engine_version', sa.String(length=64), nullable=False),
    sa.Column('first_seen_at', shared.db.UtcDateTime(timezone=True), server_default=shared.db.now(), nullable=False),
    sa.ForeignKeyConstraint(['matched_id'], ['image.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('content_hash')
    )
    with op.batch_alter_table('image', schema=None) as batch_op:
        batch_op.create_index('image_by_state', ['state', 'id'], unique=False)
        batch_op.create_index('image_by_thumbnail', ['thumbnail_hash'], unique=False)
        batch_op.create_index(batch_op.f('ix_image_matched_id'), ['matched_id'], unique=False)

    op.create_table('source',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('home_url', sa.Text(), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('languages', sa.JSON(), nullable=False),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('pace_s', sa.Double(), nullable=False),
    sa.Column('poll_every_s', sa.Integer(), nullable=False),
    sa.Column('display', sa.String(length=16), nullable=False),
    sa.Column('shows_images', sa.Boolean(), nullable=False),
    sa.Column('credit', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('created_at', shared.db.UtcDateTime(timezone=True), server_default=shared.db.now(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('key')
    )
    op.create_table('stage_attempt',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('stage', sa.String(length=32), nullable=False),
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('part', sa.String(length=32), nullable=False),
    sa.Column('token', sa.String(length=80), nullable=False),
    sa.Column('worker', sa.String(length=200), nullable=False),
    sa.Column('started_at', shared.db.UtcDateTime(timezone=True), server_default=shared.db.now(), nullable=False),
    sa.Column('finished_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('counted', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('token')
    )
    with op.batch_alter_table('stage_attempt', schema=None) as batch_op:
        batch_op.create_index('stage_attempt_by_outcome', ['counted', 'outcome'], unique=False)
        batch_op.create_index('stage_attempt_of_subject', ['subject_id', 'stage'], unique=False)

    op.create_table('stage_run',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('stage', sa.String(length=32), nullable=False),
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('part', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('due_at', shared.db.UtcDateTime(timezone=True), server_default=shared.db.now(), nullable=False),
    sa.Column('published_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lease_until', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('token', sa.String(length=80), nullable=True),
    sa.Column('worker', sa.String(length=200), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('changed_at', shared.db.UtcDateTime(timezone=True), server_default=shared.db.now(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('stage', 'subject_id', 'part')
    )
    with op.batch_alter_table('stage_run', schema=None) as batch_op:
        batch_op.create_index('stage_run_by_state', ['state', 'stage', 'published_at', 'due_at'], unique=False)

    op.create_table('paused_stage',
    sa.Column('stage', sa.String(length=32), nullable=False),
    sa.Column('paused_at', shared.db.UtcDateTime(timezone=True), server_default=shared.db.now(), nullable=False),
    sa.PrimaryKeyConstraint('stage')
    )
    op.create_table('stage_total',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('hour', shared.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('stage', sa.String(length=32), nullable=False),
    sa.Column('source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('hour', 'stage', 'source_id', 'outcome', 'reason')
    )
    op.create_table('article',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('found_at', shared.db.UtcDateTime(timezone=True), server_default=shared.db.now(), nullable=False),
    sa.Column('feed_headline', sa.Text(), nullable=False),
    sa.Column('feed_published_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('feed_hash', sa.String(length=64), nullable=False),
    sa.Column('fetched_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('fetched_url', sa.Text(), nullable=True),
    sa.Column('page_hash', sa.String(length=64), nullable=True),
    sa.Column('content_type', sa.String(length=200), nullable=False),
    sa.Column('etag', sa.Text(), nullable=True),
    sa.Column('last_modified', sa.Text(), nullable=True),
    sa.Column('parsed_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('language', sa.String(length=2), nullable=True),
    sa.Column('headline', sa.Text(), nullable=False),
    sa.Column('standfirst', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('byline', sa.JSON(), nullable=False),
    sa.Column('published_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('published_has_time', sa.Boolean(), nullable=False),
    sa.Column('modified_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('source_name', sa.Text(), nullable=False),
    sa.Column('source_url', sa.Text(), nullable=False),
    sa.Column('text_hash', sa.String(length=64), nullable=True),
    sa.Column('edited_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('duplicate_of_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('removed_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['duplicate_of_id'], ['article.id'], ),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('url')
    )
    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.create_index('article_by_text', ['source_id', 'text_hash'], unique=False)
        batch_op.create_index('article_latest', ['language', 'published_at'], unique=False)
        batch_op.create_index('article_front', ['duplicate_of_id', 'published_at', 'id'], unique=False)
        batch_op.create_index('article_of_source', ['source_id', 'published_at'], unique=False)
        batch_op.create_index('article_by_page', ['page_hash'], unique=False)
        batch_op.create_index('article_counted', ['removed_at', 'duplicate_of_id', 'parsed_at'], unique=False)
        batch_op.create_index('article_headless', ['id'], unique=False, sqlite_where=sa.text("parsed_at IS NOT NULL AND headline = ''"), postgresql_where=sa.text("parsed_at IS NOT NULL AND headline = ''"))

    op.create_table('feed',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('etag', sa.Text(), nullable=True),
    sa.Column('last_modified', sa.Text(), nullable=True),
    sa.Column('polled_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('source_id', 'url')
    )
    op.create_table('article_image',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('article_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('image_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('is_lead', sa.Boolean(), nullable=False),
    sa.Column('alt', sa.Text(), nullable=False),
    sa.Column('caption', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('again_at', shared.db.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['image_id'], ['image.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('article_id', 'url')
    )
    with op.batch_alter_table('article_image', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_article_image_image_id'), ['image_id'], unique=False)

    op.create_table('mention',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('article_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('entity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('field', sa.String(length=16), nullable=False),
    sa.Column('start', sa.Integer(), nullable=False),
    sa.Column('end', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('canonical', sa.Text(), nullable=False),
    sa.Column('engine', sa.String(length=64), nullable=False),
    sa.Column('engine_version', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['entity_id'], ['entity.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mention_entity_id'), ['entity_id'], unique=False)
        batch_op.create_index('mention_of_article', ['article_id', 'field', 'start'], unique=False)

    op.create_table('report',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('image_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reporter', sa.String(length=64), nullable=False),
    sa.Column('network', sa.String(length=64), nullable=False),
    sa.Column('article_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reported_at', shared.db.UtcDateTime(timezone=True), server_default=shared.db.now(), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], ),
    sa.ForeignKeyConstraint(['image_id'], ['image.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('image_id', 'reporter')
    )
    op.create_table('translation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('article_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('field', sa.String(length=16), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('source_language', sa.String(length=2), nullable=False),
    sa.Column('engine', sa.String(length=64), nullable=False),
    sa.Column('engine_version', sa.String(length=200), nullable=False),
    sa.Column('translated_at', shared.db.UtcDateTime(timezone=True), server_default=shared.db.now(), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['article.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('article_id', 'language', 'field')
    )



def downgrade() -> None:

    op.drop_table('translation')
    op.drop_table('report')
    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.drop_index('mention_of_article')
        batch_op.drop_index(batch_op.f('ix_mention_entity_id'))

    op.drop_table('mention')
    with op.batch_alter_table('article_image', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_article_image_image_id'))

    op.drop_table('article_image')
    op.drop_table('feed')
    with op.batch_alter_table('article', schema=None) as batch_op:
        batch_op.drop_index('article_headless')
        batch_op.drop_index('article_counted')
        batch_op.drop_index('article_by_page')
        batch_op.drop_index('article_of_source')
        batch_op.drop_index('article_front')
        batch_op.drop_index('article_latest')
        batch_op.drop_index('article_by_text')

    op.drop_table('article')
    op.drop_table('stage_total')
    op.drop_table('paused_stage')
    with op.batch_alter_table('stage_run', schema=None) as batch_op:
        batch_op.drop_index('stage_run_by_state')

    op.drop_table('stage_run')
    with op.batch_alter_table('stage_attempt', schema=None) as batch_op:
        batch_op.drop_index('stage_attempt_of_subject')
        batch_op.drop_index('stage_attempt_by_outcome')

    op.drop_table('stage_attempt')
    op.drop_table('source')
    with op.batch_alter_table('image', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_image_matched_id'))
        batch_op.drop_index('image_by_thumbnail')
        batch_op.drop_index('image_by_state')

    op.drop_table('image')
    with op.batch_alter_table('host_turn', schema=None) as batch_op:
        batch_op.drop_index('host_turn_line')

    op.drop_table('host_turn')
    op.drop_table('host')
    op.drop_table('entity')
    op.drop_table('bad_message')
    with op.batch_alter_table('audit', schema=None) as batch_op:
        batch_op.drop_index('audit_of_subject')

    op.drop_table('audit')

