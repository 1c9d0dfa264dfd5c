-- What silos tell of themselves, and whether an operator wants them drained. expires_at: milliseconds since 1970 by the database's clock.
CREATE TABLE silo (
    address TEXT NOT NULL PRIMARY KEY,
    report TEXT NOT NULL,
    drain INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
