-- version: counts the writes. Contacts belong to all numbers, and each write names the one it follows.
ALTER TABLE contact ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
