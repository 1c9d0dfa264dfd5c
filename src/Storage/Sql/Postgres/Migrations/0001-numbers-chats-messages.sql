-- Times are ticks of UTC (100 ns) unless said otherwise; bodies are JSON documents that begin with their schemaVersion.
-- Keys compare by their bytes, whatever the database's language is: COLLATE "C".

-- linked_phone: the digits of the phone that is linked now; null while none is.
CREATE TABLE number (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    engine text COLLATE "C" NOT NULL,
    desired text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    removed bigint NOT NULL,
    linked_phone text COLLATE "C",
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    body text NOT NULL
);
CREATE INDEX number_created ON number (created_at, id);
CREATE INDEX number_updated ON number (updated_at, id);
CREATE INDEX number_status ON number (status, created_at, id);
CREATE INDEX number_status_updated ON number (status, updated_at, id);
CREATE INDEX number_engine ON number (engine, created_at, id);
CREATE INDEX number_phone ON number (linked_phone) WHERE linked_phone IS NOT NULL;
CREATE INDEX number_started ON number (created_at, id) WHERE desired = 'started' AND removed = 0;

-- Who may write for a number, and what changes with nearly every write of it: room in each page keeps a change there.
CREATE TABLE number_owner (
    number text COLLATE "C" NOT NULL PRIMARY KEY,
    owner text COLLATE "C",
    epoch bigint NOT NULL,
    sequence bigint NOT NULL,
    day bigint NOT NULL DEFAULT 0,
    received bigint NOT NULL DEFAULT 0,
    sent bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- expires_at: milliseconds since 1970 by the database's clock. A revoked lease never lives again.
CREATE TABLE silo_lease (
    incarnation text COLLATE "C" NOT NULL PRIMARY KEY,
    expires_at bigint NOT NULL,
    revoked bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE number_timeline (
    number text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (number, sequence)
);

CREATE TABLE idempotency (
    scope text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    body_hash text COLLATE "C" NOT NULL,
    result text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_at ON idempotency (at);

-- An address and the party behind it.
CREATE TABLE party_alias (
    jid text COLLATE "C" NOT NULL PRIMARY KEY,
    party text COLLATE "C" NOT NULL
);

-- A party that turned out to be another one: always the final one, so one look is enough.
CREATE TABLE party_merge (
    party text COLLATE "C" NOT NULL PRIMARY KEY,
    merged_into text COLLATE "C" NOT NULL
);
CREATE INDEX party_merge_into ON party_merge (merged_into);

-- root: the chat that this one is found under after merges; itself when it was never merged.
-- activity: the last message's time, before the first message the chat's own.
CREATE TABLE chat (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    number text COLLATE "C" NOT NULL,
    party text COLLATE "C" NOT NULL,
    root text COLLATE "C" NOT NULL,
    merged bigint NOT NULL,
    status text COLLATE "C" NOT NULL,
    unread bigint NOT NULL,
    activity bigint NOT NULL,
    updated_at bigint NOT NULL,
    search text COLLATE "C" NOT NULL,
    body text NOT NULL
);
CREATE INDEX chat_party ON chat (party, number);
CREATE INDEX chat_root ON chat (root) WHERE merged = 1;
CREATE INDEX chat_activity ON chat (activity, id) WHERE merged = 0;
CREATE INDEX chat_number_activity ON chat (number, activity, id) WHERE merged = 0;
CREATE INDEX chat_unread ON chat (activity, id) WHERE merged = 0 AND unread > 0;
CREATE INDEX chat_updated ON chat (updated_at, id) WHERE merged = 0;

-- version: counts the writes. Contacts belong to all numbers, and each write names the one it follows.
CREATE TABLE contact (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    party text COLLATE "C" NOT NULL,
    merged bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    created_at bigint NOT NULL,
    body text NOT NULL
);
CREATE UNIQUE INDEX contact_party ON contact (party) WHERE merged = 0;

-- sender: the party, empty for our own.
CREATE TABLE message (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    number text COLLATE "C" NOT NULL,
    chat text COLLATE "C" NOT NULL,
    sender text COLLATE "C" NOT NULL,
    from_me bigint NOT NULL,
    whatsapp_id text COLLATE "C" NOT NULL,
    timestamp bigint NOT NULL,
    updated_at bigint NOT NULL,
    body text NOT NULL
);
-- Finds messages by their network id; and the last line of defence against storing one twice, see SqlNumberCommit.
CREATE UNIQUE INDEX message_identity ON message (number, whatsapp_id, chat, sender, from_me);
CREATE INDEX message_chat ON message (chat, timestamp, id);
CREATE INDEX message_chat_updated ON message (chat, updated_at, id);
CREATE INDEX message_chat_inbound ON message (chat, timestamp, id) WHERE from_me = 0;

CREATE TABLE send_queue (
    number text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    prepared bytea,
    body text NOT NULL,
    PRIMARY KEY (number, sequence)
);

-- What was handed to a network, as bytes, for receivers who ask for it again.
CREATE TABLE sent_message (
    number text COLLATE "C" NOT NULL,
    whatsapp_id text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (number, whatsapp_id)
);
CREATE INDEX sent_message_at ON sent_message (at);

CREATE TABLE media (
    id text COLLATE "C" NOT NULL PRIMARY KEY,
    number text COLLATE "C",
    state text COLLATE "C" NOT NULL,
    hash text COLLATE "C",
    size bigint NOT NULL,
    refetchable bigint NOT NULL,
    used_at bigint NOT NULL,
    body text NOT NULL
);
CREATE INDEX media_used ON media (used_at, id) WHERE state = 'ready' AND refetchable = 1;
CREATE INDEX media_ready ON media (hash, size) WHERE state = 'ready';

-- Events for webhooks. Those of one number stand in the order in which they were committed; those of different numbers need
-- not, and a row can appear behind one with a higher position.
CREATE TABLE outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    number text COLLATE "C" NOT NULL,
    chat text COLLATE "C",
    sequence bigint NOT NULL,
    event text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    at bigint NOT NULL
);
