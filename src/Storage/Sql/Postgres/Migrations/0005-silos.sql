-- What silos tell of themselves, and whether an operator wants them drained. expires_at: milliseconds since 1970 by the database's clock.
CREATE TABLE silo (
    address text COLLATE "C" NOT NULL PRIMARY KEY,
    report text NOT NULL,
    drain bigint NOT NULL,
    expires_at bigint NOT NULL
) WITH (fillfactor = 50);
