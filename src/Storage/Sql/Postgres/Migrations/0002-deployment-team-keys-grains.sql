CREATE TABLE setting (
    name text COLLATE "C" NOT NULL PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE api_key (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    created_at bigint NOT NULL,
    body text NOT NULL
);

-- email: in lower case, since addresses compare without case.
CREATE TABLE member (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    email text COLLATE "C" NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    body text NOT NULL
);

CREATE TABLE member_session (
    token_hash text COLLATE "C" NOT NULL PRIMARY KEY,
    expires_at bigint NOT NULL,
    body text NOT NULL
);
CREATE INDEX member_session_expires ON member_session (expires_at);

CREATE TABLE grain_state (
    service text COLLATE "C" NOT NULL,
    grain text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    body text,
    PRIMARY KEY (service, grain, name)
);

-- grain_hash: Orleans' own, an unsigned number of 32 bits. period: ticks.
CREATE TABLE reminder (
    service text COLLATE "C" NOT NULL,
    grain text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    grain_hash bigint NOT NULL,
    start_at bigint NOT NULL,
    period bigint NOT NULL,
    etag text COLLATE "C" NOT NULL,
    PRIMARY KEY (service, grain, name)
);
CREATE INDEX reminder_hash ON reminder (service, grain_hash);

-- The encrypted credentials of a number (body), and what changed since they were written as a whole. generation: names the
-- body that the records continue; null when the credentials were destroyed.
CREATE TABLE credential (
    number text COLLATE "C" NOT NULL PRIMARY KEY,
    epoch bigint NOT NULL,
    generation bytea,
    records bigint NOT NULL,
    body bytea
) WITH (fillfactor = 50);

CREATE TABLE credential_record (
    number text COLLATE "C" NOT NULL,
    place bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (number, place)
);
