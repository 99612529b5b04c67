-- What the meter was asked to sign a transaction for, as JSON; NULL for transactions of earlier versions.
ALTER TABLE transactions ADD COLUMN request TEXT;

-- The registers of the snapshot that an OCMF text was made from; empty if they were not read.
ALTER TABLE records ADD COLUMN snapshot BLOB NOT NULL DEFAULT x'';

-- What is known of a genuine record that was set aside; NULL for bytes that are no record.
ALTER TABLE rejected_records ADD COLUMN public_key BLOB;
ALTER TABLE rejected_records ADD COLUMN meter_serial TEXT;
ALTER TABLE rejected_records ADD COLUMN pagination INTEGER;
ALTER TABLE rejected_records ADD COLUMN snapshot BLOB NOT NULL DEFAULT x'';

-- Records that the CSMS has: it answered an event that carried them. Beside the records, which never change.
CREATE TABLE sent_records (
    sha256  TEXT PRIMARY KEY,
    sent_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Counters of records that were deleted, so that they are not taken for records that never came.
CREATE TABLE deleted_records (
    meter_serial TEXT NOT NULL,
    pagination   INTEGER NOT NULL,
    PRIMARY KEY (meter_serial, pagination)
) STRICT, WITHOUT ROWID;

-- Evidence may go when its time is over, but never before the CSMS has it.
DROP TRIGGER records_stay;
CREATE TRIGGER records_stay_until_sent BEFORE DELETE ON records
    WHEN NOT EXISTS (SELECT 1 FROM sent_records WHERE sha256 = old.sha256)
      OR NOT EXISTS (SELECT 1 FROM transactions WHERE number = old.transaction_number AND ended_at IS NOT NULL)
    BEGIN SELECT RAISE(ABORT, 'a signed record is never deleted before the CSMS has it and its transaction ended'); END;
CREATE TRIGGER deleted_records_are_remembered AFTER DELETE ON records
    BEGIN INSERT OR IGNORE INTO deleted_records VALUES (old.meter_serial, old.pagination); END;
DROP TRIGGER transactions_stay;
CREATE TRIGGER transactions_stay_with_their_records BEFORE DELETE ON transactions
    WHEN old.ended_at IS NULL OR EXISTS (SELECT 1 FROM records WHERE transaction_number = old.number)
    BEGIN SELECT RAISE(ABORT, 'a transaction is never deleted before it ended, nor without its records'); END;

-- The meter that each EVSE is known to have.
CREATE TABLE meters (
    evse_id          INTEGER PRIMARY KEY,
    serial           TEXT NOT NULL,
    public_key       BLOB NOT NULL,
    met_at           TEXT NOT NULL,
    confirmed_at     TEXT,
    clock_updated_at TEXT
) STRICT;

-- Every meter that counted, and since when; it counted until the next one of its EVSE did.
CREATE TABLE meter_history (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    evse_id    INTEGER NOT NULL,
    serial     TEXT NOT NULL,
    public_key BLOB NOT NULL,
    since      TEXT NOT NULL,
    confirmed  INTEGER NOT NULL
) STRICT;
CREATE TRIGGER meters_are_remembered AFTER INSERT ON meters
    BEGIN INSERT INTO meter_history (evse_id, serial, public_key, since, confirmed) VALUES
        (new.evse_id, new.serial, new.public_key, coalesce(new.confirmed_at, new.met_at), new.confirmed_at IS NOT NULL);
    END;
CREATE TRIGGER changed_meters_are_remembered AFTER UPDATE OF serial, public_key, confirmed_at ON meters
    BEGIN INSERT INTO meter_history (evse_id, serial, public_key, since, confirmed) VALUES
        (new.evse_id, new.serial, new.public_key, coalesce(new.confirmed_at, new.met_at), new.confirmed_at IS NOT NULL);
    END;
CREATE TRIGGER meter_history_stays BEFORE DELETE ON meter_history
    BEGIN SELECT RAISE(ABORT, 'the history of the meters is never deleted'); END;
CREATE TRIGGER meter_history_stays_as_it_is BEFORE UPDATE ON meter_history
    BEGIN SELECT RAISE(ABORT, 'the history of the meters is never changed'); END;
