-- The day given to the usager, while something is awaited: what a bare number shows.
ALTER TABLE requests ADD COLUMN wait_until BIGINT;
