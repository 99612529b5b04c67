-- Where the CSMS can be reached: what SetNetworkProfile or the configuration put into each slot, as JSON.
CREATE TABLE network_profiles (
    slot     INTEGER PRIMARY KEY,
    document TEXT NOT NULL
) STRICT;

-- Single facts that outlive a start, such as the slot that worked last; each name has one owner in the code.
CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every security event (A04.FR.04), told to the CSMS or not.
CREATE TABLE security_log (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    at        TEXT NOT NULL,
    type      TEXT NOT NULL,
    tech_info TEXT NOT NULL,
    critical  INTEGER NOT NULL
) STRICT;

-- What an OCSP responder said about a certificate, by way of the CSMS; kept until it is due again.
CREATE TABLE ocsp_responses (
    certificate TEXT PRIMARY KEY,
    response    TEXT NOT NULL,
    next_update TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What ChangeAvailability took out of service; 0 stands for the whole station, or the whole EVSE.
CREATE TABLE inoperative (
    evse_id      INTEGER NOT NULL,
    connector_id INTEGER NOT NULL,
    PRIMARY KEY (evse_id, connector_id)
) STRICT, WITHOUT ROWID;
