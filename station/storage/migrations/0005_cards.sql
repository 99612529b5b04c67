-- What operators call cards. Found by the hash of the token, like all that is remembered of tokens: a name gives no
-- number away. A name stands for one card, so that it can be forgotten by it.
CREATE TABLE card_names (
    hash     BLOB PRIMARY KEY,
    name     TEXT NOT NULL COLLATE NOCASE UNIQUE,
    named_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
