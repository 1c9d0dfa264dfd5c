-- What the simulated network remembers, for all silos. Every row is placed by one rising order (ord, id, end_ord), of which
-- each process has numbers of its own; times are ticks.
CREATE SEQUENCE sandbox_process;

CREATE TABLE sandbox_account (
    number text COLLATE "C" PRIMARY KEY,
    phone text COLLATE "C",
    body text NOT NULL
);
CREATE INDEX sandbox_account_phone ON sandbox_account (phone) WHERE phone IS NOT NULL;

-- Messages of ours, at their first arrival.
CREATE TABLE sandbox_sent (
    ord bigint PRIMARY KEY,
    number text COLLATE "C" NOT NULL,
    whatsapp_id text COLLATE "C" NOT NULL,
    jid text COLLATE "C" NOT NULL,
    chat text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    text text,
    at bigint NOT NULL,
    connection bigint NOT NULL,
    epoch bigint NOT NULL,
    hash text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    answered bigint NOT NULL,
    UNIQUE (number, whatsapp_id, jid)
);
CREATE INDEX sandbox_sent_number ON sandbox_sent (number, ord);

-- Their arrivals after the first.
CREATE TABLE sandbox_repeat (
    ord bigint PRIMARY KEY,
    number text COLLATE "C" NOT NULL,
    whatsapp_id text COLLATE "C" NOT NULL,
    jid text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    connection bigint NOT NULL,
    epoch bigint NOT NULL,
    hash text COLLATE "C" NOT NULL
);
CREATE INDEX sandbox_repeat_message ON sandbox_repeat (number, whatsapp_id);
CREATE INDEX sandbox_repeat_number ON sandbox_repeat (number, ord);

-- Events for the number. Those with a whatsapp_id are messages and stay; the others go once they are acknowledged.
CREATE TABLE sandbox_mail (
    ord bigint PRIMARY KEY,
    number text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    due bigint NOT NULL,
    whatsapp_id text COLLATE "C",
    jid text COLLATE "C",
    body bytea,
    acknowledged_at bigint
);
CREATE INDEX sandbox_mail_waiting ON sandbox_mail (number) WHERE acknowledged_at IS NULL;
CREATE INDEX sandbox_mail_number ON sandbox_mail (number, ord);

CREATE TABLE sandbox_read_mark (
    number text COLLATE "C" NOT NULL,
    whatsapp_id text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (number, whatsapp_id)
);

CREATE TABLE sandbox_connection (
    id bigint PRIMARY KEY,
    number text COLLATE "C" NOT NULL,
    epoch bigint NOT NULL,
    host text NOT NULL,
    opened_at bigint NOT NULL,
    ended_at bigint,
    end_ord bigint,
    how text
);
CREATE INDEX sandbox_connection_number ON sandbox_connection (number, id);
