-- Phones that leave or are replaced, hubs that are restored, and inbound that is swept.

-- Committed batches: files put back by hand are told by it. One row that every batch writes.
ALTER TABLE hub_state ADD COLUMN commits BIGINT NOT NULL DEFAULT 0;

-- What an operator has decided about the phone: 0 it serves, 1 it is drained to be replaced, 2 it leaves.
ALTER TABLE device_stream ADD COLUMN course INTEGER NOT NULL DEFAULT 0;
-- What a restore has left to be done: 0 nothing, 1 hear the phone, 2 ask the operator, 3 release.
ALTER TABLE device_stream ADD COLUMN restored INTEGER NOT NULL DEFAULT 0;
DROP INDEX device_stream_unsettled;
-- Devices that left, or leave, with messages still to be settled: empty again within seconds.
CREATE INDEX device_stream_unsettled ON device_stream (device_id)
    WHERE (paired = 0 AND (queued > 0 OR in_flight > 0)) OR (course = 2 AND queued > 0);
-- Devices whose held messages may leave, until they have.
CREATE INDEX device_stream_releasing ON device_stream (device_id) WHERE restored = 3;

-- A phone that leaves and has not told everything by then is revoked.
ALTER TABLE device ADD COLUMN leave_by BIGINT;
CREATE INDEX device_leaving ON device (leave_by) WHERE leave_by IS NOT NULL;

-- Held since a restore: nobody knows yet whether a phone had it. A queued one stands outside the queue meanwhile.
ALTER TABLE outbound ADD COLUMN restored_at BIGINT;
CREATE INDEX outbound_restored ON outbound (device_id, id) WHERE restored_at IS NOT NULL AND rank <= 1;

-- The journal whose sweep found this message again: it stands for one of that journal's rows and no more.
ALTER TABLE inbound ADD COLUMN swept_by BLOB;

-- What phones told of messages that a restore took away.
CREATE TABLE recovered (
    id          BLOB   PRIMARY KEY NOT NULL,
    account_id  BLOB   NOT NULL,
    device_id   BLOB   NOT NULL,
    journal_id  BLOB   NOT NULL,
    up_seq      BIGINT NOT NULL,
    message_id  BLOB   NOT NULL,
    kind        TEXT   NOT NULL,
    happened_at BIGINT NOT NULL,
    raw         TEXT   NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX recovered_by_device ON recovered (device_id, id);
