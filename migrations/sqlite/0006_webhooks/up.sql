-- Webhooks: subscriptions, the outbox of notices, and every attempt to tell one.

CREATE TABLE webhook (
    id            BLOB     PRIMARY KEY NOT NULL,
    account_id    BLOB     NOT NULL,
    dialect       TEXT     NOT NULL,
    url           TEXT     NOT NULL,
    -- Bit n is event number n.
    events        INTEGER  NOT NULL,
    include_body  INTEGER  NOT NULL,
    -- Encrypted.
    secret        BLOB     NOT NULL,
    next_secret   BLOB,
    -- From then on the next secret is the only one.
    takes_over_at BIGINT,
    -- 0 active, 1 paused by somebody, 2 paused because it fails, 3 gone (410).
    status        SMALLINT NOT NULL,
    status_at     BIGINT   NOT NULL,
    -- Time spent paused before the present status: notices do not age meanwhile.
    paused_nanos  BIGINT   NOT NULL,
    succeeded_at  BIGINT,
    failing_since BIGINT,
    created_at    BIGINT   NOT NULL
);
-- Asked for with the first message of an account, and then kept in memory.
CREATE INDEX webhook_by_account ON webhook (account_id, id);
-- Webhooks that are over: few, and looked at in every round of the sweeps.
CREATE INDEX webhook_over ON webhook (id) WHERE status >= 3;

-- A notice says what its event was when it happened; nothing is looked up when it is told.
CREATE TABLE notice (
    id           BLOB     PRIMARY KEY NOT NULL,
    -- Its own, or that of the notice which it repeats because somebody asked.
    event_id     BLOB     NOT NULL,
    webhook_id   BLOB     NOT NULL,
    account_id   BLOB     NOT NULL,
    kind         SMALLINT NOT NULL,
    -- The message or the webhook.
    about        BLOB     NOT NULL,
    -- The same, or itself for what waits for nothing; with the webhook's id, its chain.
    chain        BLOB     NOT NULL,
    happened_at  BIGINT   NOT NULL,
    device_id    BLOB,
    number       TEXT,
    body         TEXT,
    slot         INTEGER,
    own_number   TEXT,
    reason       TEXT,
    created_at   BIGINT   NOT NULL,
    paused_nanos BIGINT   NOT NULL,
    attempts     INTEGER  NOT NULL,
    -- 0 pending, 1 delivered, 2 dead.
    status       SMALLINT NOT NULL,
    -- When it is tried next: only the first pending notice of a chain has it.
    next_at      BIGINT
);
-- What a webhook's worker takes next. Rows leave it as they end.
CREATE INDEX notice_due ON notice (webhook_id, next_at, id) WHERE next_at IS NOT NULL;
-- Whether an earlier notice of the chain is pending, which comes after one, and how many a webhook has. Rows leave it as
-- they end.
CREATE INDEX notice_chain ON notice (webhook_id, chain, id) WHERE status = 0;

-- Ended notices, the oldest first: forgotten in a month, whatever waits beside them. Grows at its end.
CREATE INDEX notice_ended ON notice (id) WHERE status <> 0;

-- What operators were told of a phone last: 0 nothing, 1 that it came, 2 that it went.
ALTER TABLE device ADD COLUMN told SMALLINT NOT NULL DEFAULT 0;

-- One HTTP try of a notice.
CREATE TABLE attempt (
    webhook_id BLOB    NOT NULL,
    notice_id  BLOB    NOT NULL,
    number     INTEGER NOT NULL,
    at         BIGINT  NOT NULL,
    took_nanos BIGINT  NOT NULL,
    -- Of the answer; none where there was no answer.
    status     INTEGER,
    answer     TEXT    NOT NULL,
    error      TEXT,
    PRIMARY KEY (webhook_id, notice_id, number)
) WITHOUT ROWID;
