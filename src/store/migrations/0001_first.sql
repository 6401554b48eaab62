-- What identifies this node: a secret seed, and how often it has started.
CREATE TABLE node (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seed BLOB NOT NULL CHECK (length(seed) = 16),
    epoch INTEGER NOT NULL
) STRICT;

-- Bindings, subscriptions, publications, trunk registrations: rows that the exchange alone understands.
CREATE TABLE kept (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    row TEXT NOT NULL,
    expires_unix_s INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_by_expiry ON kept (expires_unix_s);

-- What scripts keep: db::get, db::set.
CREATE TABLE value (
    family TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (family, key)
) STRICT, WITHOUT ROWID;

-- One row per call. Times are microseconds since the Unix epoch.
CREATE TABLE call_record (
    call TEXT PRIMARY KEY,
    began_us INTEGER NOT NULL,
    answered_us INTEGER,
    ended_us INTEGER NOT NULL,
    context TEXT NOT NULL,
    caller_number TEXT NOT NULL,
    caller_name TEXT NOT NULL,
    user TEXT,
    trunk TEXT,
    dialed TEXT NOT NULL,
    disposition TEXT NOT NULL,
    cause INTEGER NOT NULL,
    hangup_by TEXT NOT NULL,
    answered_by TEXT,
    billsec INTEGER NOT NULL,
    error TEXT,
    tags TEXT NOT NULL,
    legs TEXT NOT NULL
) STRICT;
CREATE INDEX call_record_by_begin ON call_record (began_us);
