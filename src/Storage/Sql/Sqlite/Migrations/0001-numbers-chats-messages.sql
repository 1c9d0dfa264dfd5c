-- Times are ticks of UTC (100 ns) unless said otherwise; bodies are JSON documents that begin with their schemaVersion.

-- linked_phone: the digits of the phone that is linked now; null while none is.
CREATE TABLE number (
    id TEXT NOT NULL PRIMARY KEY,
    engine TEXT NOT NULL,
    desired TEXT NOT NULL,
    status TEXT NOT NULL,
    removed INTEGER NOT NULL,
    linked_phone TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX number_created ON number (created_at, id);
CREATE INDEX number_updated ON number (updated_at, id);
CREATE INDEX number_status ON number (status, created_at, id);
CREATE INDEX number_status_updated ON number (status, updated_at, id);
CREATE INDEX number_engine ON number (engine, created_at, id);
CREATE INDEX number_phone ON number (linked_phone) WHERE linked_phone IS NOT NULL;
CREATE INDEX number_started ON number (created_at, id) WHERE desired = 'started' AND removed = 0;

-- Who may write for a number, and what changes with nearly every write of it.
CREATE TABLE number_owner (
    number TEXT NOT NULL PRIMARY KEY,
    owner TEXT,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    day INTEGER NOT NULL DEFAULT 0,
    received INTEGER NOT NULL DEFAULT 0,
    sent INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- expires_at: milliseconds since 1970 by the database's clock. A revoked lease never lives again.
CREATE TABLE silo_lease (
    incarnation TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL,
    revoked INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE number_timeline (
    number TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (number, sequence)
) WITHOUT ROWID;

CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    result TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);

-- An address and the party behind it.
CREATE TABLE party_alias (
    jid TEXT NOT NULL PRIMARY KEY,
    party TEXT NOT NULL
) WITHOUT ROWID;

-- A party that turned out to be another one: always the final one, so one look is enough.
CREATE TABLE party_merge (
    party TEXT NOT NULL PRIMARY KEY,
    merged_into TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX party_merge_into ON party_merge (merged_into);

-- root: the chat that this one is found under after merges; itself when it was never merged.
-- activity: the last message's time, before the first message the chat's own.
CREATE TABLE chat (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL,
    party TEXT NOT NULL,
    root TEXT NOT NULL,
    merged INTEGER NOT NULL,
    status TEXT NOT NULL,
    unread INTEGER NOT NULL,
    activity INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX chat_party ON chat (party, number);
CREATE INDEX chat_root ON chat (root) WHERE merged = 1;
CREATE INDEX chat_activity ON chat (activity, id) WHERE merged = 0;
CREATE INDEX chat_number_activity ON chat (number, activity, id) WHERE merged = 0;
CREATE INDEX chat_unread ON chat (activity, id) WHERE merged = 0 AND unread > 0;
CREATE INDEX chat_updated ON chat (updated_at, id) WHERE merged = 0;

CREATE TABLE contact (
    id TEXT NOT NULL PRIMARY KEY,
    party TEXT NOT NULL,
    merged INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX contact_party ON contact (party) WHERE merged = 0;

-- sender: the party, empty for our own.
CREATE TABLE message (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT NOT NULL,
    chat TEXT NOT NULL,
    sender TEXT NOT NULL,
    from_me INTEGER NOT NULL,
    whatsapp_id TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    body TEXT NOT NULL
);
-- Finds messages by their network id; and the last line of defence against storing one twice, see SqlNumberCommit.
CREATE UNIQUE INDEX message_identity ON message (number, whatsapp_id, chat, sender, from_me);
CREATE INDEX message_chat ON message (chat, timestamp, id);
CREATE INDEX message_chat_updated ON message (chat, updated_at, id);
CREATE INDEX message_chat_inbound ON message (chat, timestamp, id) WHERE from_me = 0;

CREATE TABLE send_queue (
    number TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    prepared BLOB,
    body TEXT NOT NULL,
    PRIMARY KEY (number, sequence)
) WITHOUT ROWID;

CREATE TABLE media (
    id TEXT NOT NULL PRIMARY KEY,
    number TEXT,
    state TEXT NOT NULL,
    hash TEXT,
    size INTEGER NOT NULL,
    refetchable INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX media_used ON media (used_at, id) WHERE state = 'ready' AND refetchable = 1;
CREATE INDEX media_ready ON media (hash, size) WHERE state = 'ready';

-- Events for webhooks, in the order in which they were committed.
CREATE TABLE outbox (
    position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    number TEXT NOT NULL,
    chat TEXT,
    sequence INTEGER NOT NULL,
    event TEXT NOT NULL,
    body BLOB NOT NULL,
    at INTEGER NOT NULL
);
