-- The first schema. Ids are UUIDv7 in 16 bytes, instants Unix nanoseconds, flags 0 or 1.
--
-- A UUIDv7 key grows at its end, so the index behind PRIMARY KEY stays on few pages; every other index must earn
-- its place, for a scattered index page costs more than the flush. Those WHERE rank = … lose their rows soon.

-- One row: the incarnation that epochs are built from, and when the hub was last known to live.
CREATE TABLE hub_state (
    id          INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    incarnation INTEGER NOT NULL,
    alive_at    BIGINT  NOT NULL
);
INSERT INTO hub_state (id, incarnation, alive_at) VALUES (1, 1, 0);

CREATE TABLE account (
    id                BLOB    PRIMARY KEY NOT NULL,
    name              TEXT    NOT NULL,
    plan              TEXT    NOT NULL,
    burst             INTEGER NOT NULL,
    refill_per_minute INTEGER NOT NULL,
    monthly_cap       INTEGER,
    created_at        BIGINT  NOT NULL
);

-- Messages accepted by an account in a month (year × 100 + month).
CREATE TABLE usage (
    account_id BLOB    NOT NULL,
    month      INTEGER NOT NULL,
    accepted   BIGINT  NOT NULL,
    PRIMARY KEY (account_id, month)
) WITHOUT ROWID;

CREATE TABLE device (
    id          BLOB    PRIMARY KEY NOT NULL,
    account_id  BLOB    NOT NULL,
    name        TEXT    NOT NULL,
    generation  INTEGER NOT NULL,
    paired_at   BIGINT,
    revoked_at  BIGINT,
    app_version TEXT    NOT NULL,
    os          TEXT    NOT NULL,
    created_at  BIGINT  NOT NULL
);
-- Lists of an account's phones; grows by a row a phone.
CREATE INDEX device_by_account ON device (account_id, id);

-- The row that serialises everything about a device.
CREATE TABLE device_stream (
    device_id         BLOB    PRIMARY KEY NOT NULL,
    account_id        BLOB    NOT NULL,
    paired            INTEGER NOT NULL,
    epoch             BIGINT  NOT NULL,
    connected         INTEGER NOT NULL,
    stalled           INTEGER NOT NULL,
    paused            INTEGER NOT NULL,
    journal_id        BLOB,
    up_seq            BIGINT  NOT NULL,
    down_seq          BIGINT  NOT NULL,
    resume_head       BIGINT  NOT NULL,
    max_pending       INTEGER NOT NULL,
    in_flight         INTEGER NOT NULL,
    queued            INTEGER NOT NULL,
    burst             INTEGER NOT NULL,
    refill_per_minute INTEGER NOT NULL,
    arrival           BIGINT  NOT NULL,
    turn              BIGINT  NOT NULL,
    last_seen_at      BIGINT
);
-- Devices that left with messages still to be settled: empty again within seconds.
CREATE INDEX device_stream_unsettled ON device_stream (device_id) WHERE paired = 0 AND (queued > 0 OR in_flight > 0);

CREATE TABLE sim (
    id              BLOB    PRIMARY KEY NOT NULL,
    account_id      BLOB    NOT NULL,
    device_id       BLOB    NOT NULL,
    slot            INTEGER NOT NULL,
    inserted        INTEGER NOT NULL,
    number_set      TEXT,
    number_told     TEXT,
    carrier         TEXT,
    subscription_id BIGINT,
    iccid_hash      TEXT,
    is_default      INTEGER NOT NULL,
    seen_at         BIGINT  NOT NULL
);
CREATE INDEX sim_by_device ON sim (device_id);

CREATE TABLE line (
    id         BLOB    PRIMARY KEY NOT NULL,
    account_id BLOB    NOT NULL,
    device_id  BLOB    NOT NULL,
    sim_id     BLOB    NOT NULL,
    slot       INTEGER NOT NULL,
    number     TEXT    NOT NULL
);
CREATE UNIQUE INDEX line_once ON line (device_id, sim_id, slot, number);

CREATE TABLE api_key (
    id         BLOB   PRIMARY KEY NOT NULL,
    account_id BLOB   NOT NULL,
    line_id    BLOB   NOT NULL,
    dialect    TEXT   NOT NULL,
    prefix     TEXT   NOT NULL,
    digest     BLOB   NOT NULL,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE UNIQUE INDEX api_key_by_digest ON api_key (digest);

CREATE TABLE pairing (
    id            BLOB    PRIMARY KEY NOT NULL,
    account_id    BLOB    NOT NULL,
    device_id     BLOB    NOT NULL,
    code          TEXT    NOT NULL,
    secret_digest BLOB    NOT NULL,
    expires_at    BIGINT  NOT NULL,
    wrong_secrets INTEGER NOT NULL,
    used_at       BIGINT
);
CREATE INDEX pairing_by_code ON pairing (code);

CREATE TABLE outbound (
    id             BLOB     PRIMARY KEY NOT NULL,
    account_id     BLOB     NOT NULL,
    device_id      BLOB     NOT NULL,
    key_id         BLOB     NOT NULL,
    line_id        BLOB     NOT NULL,
    sim_id         BLOB     NOT NULL,
    slot           INTEGER  NOT NULL,
    recipient      TEXT     NOT NULL,
    body           TEXT     NOT NULL,
    parts          INTEGER  NOT NULL,
    priority       SMALLINT NOT NULL,
    turn           BIGINT   NOT NULL,
    created_at     BIGINT   NOT NULL,
    expires_at     BIGINT,
    rank           SMALLINT NOT NULL,
    rank_at        BIGINT   NOT NULL,
    rank_seq       BIGINT   NOT NULL,
    journal_id     BLOB,
    down_seq       BIGINT,
    dispatched_at  BIGINT,
    sent_at        BIGINT,
    uncertain_at   BIGINT,
    failure_class  TEXT,
    failure_code   TEXT,
    failure_reason TEXT
);
-- An account's messages, newest first: account and time-ordered id, so each account appends.
CREATE INDEX outbound_by_account ON outbound (account_id, id);
-- The head of a device's queue, one probe per inserted SIM: messages of a SIM that is away block nobody.
CREATE INDEX outbound_queue ON outbound (device_id, sim_id, priority, turn, id) WHERE rank = 0;
-- What was given to a journal and has not ended: the frames above a cursor.
CREATE INDEX outbound_in_flight ON outbound (device_id, down_seq) WHERE rank = 1;
-- Deadlines of queued messages, and what has been uncertain for long; both nearly always empty.
CREATE INDEX outbound_deadline ON outbound (expires_at) WHERE rank = 0 AND expires_at IS NOT NULL;
CREATE INDEX outbound_uncertain ON outbound (uncertain_at) WHERE rank = 1 AND uncertain_at IS NOT NULL;

-- Every report about a message, with its own time. Acceptance and dispatch stand in the message itself.
CREATE TABLE timeline (
    message_id  BLOB   NOT NULL,
    recorded_at BIGINT NOT NULL,
    entry       INTEGER NOT NULL,
    up_seq      BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    happened_at BIGINT NOT NULL,
    class       TEXT,
    code        TEXT,
    reason      TEXT,
    PRIMARY KEY (message_id, recorded_at, entry)
) WITHOUT ROWID;

CREATE TABLE inbound (
    id          BLOB    PRIMARY KEY NOT NULL,
    account_id  BLOB    NOT NULL,
    device_id   BLOB    NOT NULL,
    sim_id      BLOB,
    slot        INTEGER NOT NULL,
    number      TEXT,
    sender      TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    parts       INTEGER NOT NULL,
    smsc_at     BIGINT,
    digest      TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    journal_id  BLOB    NOT NULL,
    up_seq      BIGINT  NOT NULL,
    received_at BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL
);
-- A number's messages, newest first: the list that every customer polls.
CREATE INDEX inbound_by_number ON inbound (account_id, number, received_at, id);
-- What waits for its SIM's number to be set.
CREATE INDEX inbound_unnumbered ON inbound (sim_id) WHERE number IS NULL;

-- Events that could not be understood, kept as they came.
CREATE TABLE unreadable (
    id          BLOB   PRIMARY KEY NOT NULL,
    account_id  BLOB   NOT NULL,
    device_id   BLOB   NOT NULL,
    journal_id  BLOB   NOT NULL,
    up_seq      BIGINT NOT NULL,
    raw         TEXT   NOT NULL,
    why         TEXT   NOT NULL,
    recorded_at BIGINT NOT NULL
);

-- What an operator should know about a device: a hole in its events, a journal that went back.
CREATE TABLE attention (
    id          BLOB   PRIMARY KEY NOT NULL,
    account_id  BLOB   NOT NULL,
    device_id   BLOB   NOT NULL,
    kind        TEXT   NOT NULL,
    detail      TEXT   NOT NULL,
    recorded_at BIGINT NOT NULL
);

-- Fleet control: sent in each session until finished or past the deadline.
CREATE TABLE command (
    id          BLOB   PRIMARY KEY NOT NULL,
    account_id  BLOB   NOT NULL,
    device_id   BLOB   NOT NULL,
    kind        TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    deadline_at BIGINT NOT NULL,
    finished_at BIGINT,
    outcome     TEXT
);
CREATE INDEX command_open ON command (device_id) WHERE finished_at IS NULL;
