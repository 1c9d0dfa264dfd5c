-- What the simulated network remembers. Every row is placed by one rising order (ord, id, end_ord); times are ticks.
CREATE TABLE account (
    number TEXT PRIMARY KEY,
    phone TEXT,
    body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX account_phone ON account (phone) WHERE phone IS NOT NULL;

-- Messages of ours, at their first arrival.
CREATE TABLE sent (
    ord INTEGER PRIMARY KEY,
    number TEXT NOT NULL,
    whatsapp_id TEXT NOT NULL,
    jid TEXT NOT NULL,
    chat TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT,
    at INTEGER NOT NULL,
    connection INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    hash TEXT NOT NULL,
    count INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    UNIQUE (number, whatsapp_id, jid)
);
CREATE INDEX sent_number ON sent (number);

-- Their arrivals after the first.
CREATE TABLE repeat (
    ord INTEGER PRIMARY KEY,
    number TEXT NOT NULL,
    whatsapp_id TEXT NOT NULL,
    jid TEXT NOT NULL,
    at INTEGER NOT NULL,
    connection INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX repeat_message ON repeat (number, whatsapp_id);

-- Events for the number. Those with a whatsapp_id are messages and stay; the others go once they are acknowledged.
CREATE TABLE mail (
    ord INTEGER PRIMARY KEY,
    number TEXT NOT NULL,
    at INTEGER NOT NULL,
    due INTEGER NOT NULL,
    whatsapp_id TEXT,
    jid TEXT,
    body BLOB,
    acknowledged_at INTEGER
);
CREATE INDEX mail_waiting ON mail (number) WHERE acknowledged_at IS NULL;
CREATE INDEX mail_message ON mail (number) WHERE whatsapp_id IS NOT NULL;

CREATE TABLE read_mark (
    number TEXT NOT NULL,
    whatsapp_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (number, whatsapp_id)
) WITHOUT ROWID;

CREATE TABLE connection (
    id INTEGER PRIMARY KEY,
    number TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    host TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    ended_at INTEGER,
    end_ord INTEGER,
    how TEXT
);
CREATE INDEX connection_number ON connection (number);
CREATE INDEX connection_open ON connection (id) WHERE ended_at IS NULL;
CREATE INDEX connection_end ON connection (end_ord);
