-- Events that nobody took are removed when they are old, see Ages.
CREATE INDEX outbox_at ON outbox (at);
