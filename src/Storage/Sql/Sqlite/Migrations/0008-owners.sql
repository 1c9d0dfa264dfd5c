-- How many numbers a silo has left behind is counted in the moment of its end.
CREATE INDEX number_owner_owner ON number_owner (owner) WHERE owner IS NOT NULL;
