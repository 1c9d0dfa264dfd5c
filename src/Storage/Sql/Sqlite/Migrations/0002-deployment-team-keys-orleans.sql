CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE api_key (
    id TEXT NOT NULL PRIMARY KEY,
    created_at INTEGER NOT NULL,
    body TEXT NOT NULL
);

-- email: in lower case, since addresses compare without case.
CREATE TABLE member (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE member_session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX member_session_expires ON member_session (expires_at);

CREATE TABLE grain_state (
    service TEXT NOT NULL,
    grain TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT,
    PRIMARY KEY (service, grain, name)
);

-- grain_hash: Orleans' own, an unsigned number of 32 bits. period: ticks.
CREATE TABLE reminder (
    service TEXT NOT NULL,
    grain TEXT NOT NULL,
    name TEXT NOT NULL,
    grain_hash INTEGER NOT NULL,
    start_at INTEGER NOT NULL,
    period INTEGER NOT NULL,
    etag TEXT NOT NULL,
    PRIMARY KEY (service, grain, name)
);
CREATE INDEX reminder_hash ON reminder (service, grain_hash);
