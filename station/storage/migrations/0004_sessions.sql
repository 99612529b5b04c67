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
