-- The local authorization list (D01): what each token of it says, as JSON. Its version is the fact local_list_version.
CREATE TABLE local_list (
    hash BLOB PRIMARY KEY,
    info TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Whether the answer about a token was Accepted: those that were not are forgotten first (C10.FR.07).
ALTER TABLE tokens ADD COLUMN accepted INTEGER NOT NULL DEFAULT 1;

-- Samples that wait for the Ended event of their transaction, as JSON, oldest first.
CREATE TABLE collected (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    transaction_id TEXT NOT NULL,
    body           TEXT NOT NULL
) STRICT;
CREATE INDEX collected_of_transaction ON collected (transaction_id, number);

-- Until when a message that the CSMS refused waits for its next attempt (E13.FR.03); NULL if it waits for its turn only.
ALTER TABLE outbox ADD COLUMN not_before TEXT;

-- Whether the CSMS has a record with its signature, or only the energy that it says.
ALTER TABLE sent_records ADD COLUMN signed INTEGER NOT NULL DEFAULT 1;

-- Records that an operator lets go although the CSMS does not have their signature.
CREATE TABLE waived_records (
    sha256    TEXT PRIMARY KEY,
    waived_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

DROP TRIGGER records_stay_until_sent;
CREATE TRIGGER records_stay_until_sent BEFORE DELETE ON records
    WHEN (NOT EXISTS (SELECT 1 FROM sent_records WHERE sha256 = old.sha256 AND signed)
        AND NOT EXISTS (SELECT 1 FROM waived_records WHERE sha256 = old.sha256))
      OR NOT EXISTS (SELECT 1 FROM transactions WHERE number = old.transaction_number AND ended_at IS NOT NULL)
    BEGIN SELECT RAISE(ABORT, 'a signed record is never deleted before the CSMS has it and its transaction ended'); END;
