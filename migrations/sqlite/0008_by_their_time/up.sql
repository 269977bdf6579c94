-- What was said lately about a phone is looked up at each new trouble of it.
CREATE INDEX attention_by_device ON attention (device_id, recorded_at);

-- What is forgotten is found by its time. Ids tell that only while the clock is never set back: they count on from the
-- greatest that there is.
CREATE INDEX idempotency_by_age ON idempotency (created_at);
ALTER TABLE notice ADD COLUMN ended_at BIGINT;
UPDATE notice SET ended_at = created_at WHERE status <> 0;
DROP INDEX notice_ended;
CREATE INDEX notice_ended ON notice (ended_at) WHERE ended_at IS NOT NULL;

-- What is told once more after a receiver was down for too long.
CREATE INDEX notice_dead ON notice (webhook_id, id) WHERE status = 2;

-- The newest failure, to the hour: a silence before it says nothing of the endpoint.
ALTER TABLE webhook ADD COLUMN failed_at BIGINT;
CREATE INDEX webhook_rotating ON webhook (takes_over_at) WHERE takes_over_at IS NOT NULL;
