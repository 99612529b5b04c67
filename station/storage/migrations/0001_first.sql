-- Instants are RFC 3339 texts in UTC with microseconds, so that they sort as they follow.

-- The state of each EVSE as its last step left it.
CREATE TABLE sessions (
    evse_id  INTEGER PRIMARY KEY,
    document TEXT NOT NULL
) STRICT;

-- What the CSMS still has to be told, in this order. Ids are never used again (AUTOINCREMENT), so that a late
-- removal cannot hit another message. No further index: the queue is short, and each index wears the flash.
CREATE TABLE outbox (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    kind           TEXT NOT NULL,
    body           TEXT NOT NULL,
    transaction_id TEXT,
    seq_no         INTEGER,
    created_at     TEXT NOT NULL,
    attempts       INTEGER NOT NULL DEFAULT 0,
    offline        INTEGER NOT NULL
) STRICT;

-- What was given up, and why.
CREATE TABLE dead_letters (
    id             INTEGER PRIMARY KEY,
    kind           TEXT NOT NULL,
    body           TEXT NOT NULL,
    transaction_id TEXT,
    seq_no         INTEGER,
    created_at     TEXT NOT NULL,
    attempts       INTEGER NOT NULL,
    offline        INTEGER NOT NULL,
    reason         TEXT NOT NULL,
    buried_at      TEXT NOT NULL
) STRICT;

-- The receipts. The number is what transparency formats call the transaction, as they want an integer.
CREATE TABLE transactions (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT NOT NULL UNIQUE,
    evse_id        INTEGER NOT NULL,
    id_token       TEXT,
    id_token_type  TEXT,
    started_at     TEXT NOT NULL,
    ended_at       TEXT,
    stopped_reason TEXT
) STRICT;

CREATE TABLE records (
    number             INTEGER PRIMARY KEY AUTOINCREMENT,
    transaction_number INTEGER NOT NULL REFERENCES transactions (number),
    kind               TEXT NOT NULL,
    ocmf               BLOB NOT NULL,
    sha256             TEXT NOT NULL,
    public_key         BLOB NOT NULL,
    meter_serial       TEXT NOT NULL,
    pagination         INTEGER NOT NULL,
    taken_at           TEXT NOT NULL,
    energy_wh          INTEGER NOT NULL,
    session_energy_wh  INTEGER NOT NULL,
    verified           INTEGER NOT NULL,
    doubts             TEXT NOT NULL,
    stored_at          TEXT NOT NULL,
    UNIQUE (meter_serial, pagination, kind, sha256)
) STRICT;

CREATE INDEX records_of_transaction ON records (transaction_number);

-- Records that must not be reported, kept as evidence.
CREATE TABLE rejected_records (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    evse_id   INTEGER NOT NULL,
    ocmf      BLOB NOT NULL,
    sha256    TEXT NOT NULL,
    reason    TEXT NOT NULL,
    stored_at TEXT NOT NULL
) STRICT;

-- Evidence is added to, nothing else.
CREATE TRIGGER records_stay BEFORE DELETE ON records
    BEGIN SELECT RAISE(ABORT, 'signed records are never deleted'); END;
CREATE TRIGGER records_stay_as_they_are BEFORE UPDATE ON records
    BEGIN SELECT RAISE(ABORT, 'signed records are never changed'); END;
CREATE TRIGGER rejected_records_stay BEFORE DELETE ON rejected_records
    BEGIN SELECT RAISE(ABORT, 'rejected records are never deleted'); END;
CREATE TRIGGER rejected_records_stay_as_they_are BEFORE UPDATE ON rejected_records
    BEGIN SELECT RAISE(ABORT, 'rejected records are never changed'); END;
CREATE TRIGGER transactions_stay BEFORE DELETE ON transactions
    BEGIN SELECT RAISE(ABORT, 'transactions are never deleted'); END;
CREATE TRIGGER ended_transactions_stay_as_they_are BEFORE UPDATE ON transactions WHEN old.ended_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a transaction that ended is never changed'); END;

-- What the CSMS set in the device model; '' and -1 stand for what an address does not have.
CREATE TABLE variables (
    component          TEXT NOT NULL,
    component_instance TEXT NOT NULL,
    evse_id            INTEGER NOT NULL,
    connector_id       INTEGER NOT NULL,
    variable           TEXT NOT NULL,
    variable_instance  TEXT NOT NULL,
    attribute          TEXT NOT NULL,
    value              TEXT NOT NULL,
    PRIMARY KEY (component, component_instance, evse_id, connector_id, variable, variable_instance, attribute)
) STRICT, WITHOUT ROWID;

-- The authorization cache. Tokens are hashed with the salt, which was made for this database.
CREATE TABLE token_salt (
    salt BLOB NOT NULL
) STRICT;
INSERT INTO token_salt (salt) VALUES (randomblob(32));

CREATE TABLE tokens (
    hash       BLOB PRIMARY KEY,
    info       TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    expires    TEXT
) STRICT, WITHOUT ROWID;
