-- What was handed to a network, as bytes, for receivers who ask for it again.
CREATE TABLE sent_message (
    number TEXT NOT NULL,
    whatsapp_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (number, whatsapp_id)
);
CREATE INDEX sent_message_at ON sent_message (at);
