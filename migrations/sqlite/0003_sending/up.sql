-- Schedules, priorities, repeated requests, and plans that change.

ALTER TABLE outbound ADD COLUMN scheduled_at BIGINT;
-- A schedule that has not come yet; NULL once the message may leave, so that it stands in no index any more.
ALTER TABLE outbound ADD COLUMN held_until BIGINT;
DROP INDEX outbound_queue;
-- The head of a device's queue, one probe per inserted SIM: what a SIM that is away or a schedule keeps back blocks
-- nobody.
CREATE INDEX outbound_queue ON outbound (device_id, sim_id, priority, turn, id) WHERE rank = 0 AND held_until IS NULL;
-- The next schedule that comes, and what is held for one device; both as large as what is scheduled.
CREATE INDEX outbound_held ON outbound (held_until) WHERE rank = 0 AND held_until IS NOT NULL;
CREATE INDEX outbound_held_by_device ON outbound (device_id) WHERE rank = 0 AND held_until IS NOT NULL;

-- The round robin between keys: the current turn of each priority class, and the last one that a key was given.
ALTER TABLE device_stream RENAME COLUMN turn TO turn_normal;
ALTER TABLE device_stream ADD COLUMN turn_high BIGINT NOT NULL DEFAULT 0;
ALTER TABLE device_stream ADD COLUMN turn_low BIGINT NOT NULL DEFAULT 0;
CREATE TABLE key_turn (
    device_id BLOB     NOT NULL,
    key_id    BLOB     NOT NULL,
    priority  SMALLINT NOT NULL,
    turn      BIGINT   NOT NULL,
    PRIMARY KEY (device_id, key_id, priority)
) WITHOUT ROWID;

-- Requests that named themselves, kept for a day. The id grows with time: the oldest are at the start of the table.
CREATE TABLE idempotency (
    id          BLOB   PRIMARY KEY NOT NULL,
    key_id      BLOB   NOT NULL,
    name        TEXT   NOT NULL,
    fingerprint BLOB   NOT NULL,
    answer      BLOB   NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX idempotency_by_name ON idempotency (key_id, name);

ALTER TABLE account ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';
-- Set while a changed plan still has to reach some of the account's devices.
ALTER TABLE account ADD COLUMN spreading INTEGER NOT NULL DEFAULT 0;
CREATE INDEX account_spreading ON account (id) WHERE spreading = 1;
-- What an operator gave to one device; NULL for the account's plan.
ALTER TABLE device ADD COLUMN own_burst INTEGER;
ALTER TABLE device ADD COLUMN own_refill_per_minute INTEGER;
