-- How long requests wait to be taken, by bucket: what forecasts are made from. Nobody is named; old rows are forgotten.
CREATE TABLE waits (
    request_id BLOB NOT NULL,
    entered_at INTEGER NOT NULL,
    authority_id BLOB NOT NULL,
    department TEXT NOT NULL,
    lane TEXT NOT NULL,
    at_once INTEGER NOT NULL,
    ended_at INTEGER,
    taken INTEGER NOT NULL,
    PRIMARY KEY (request_id, entered_at)
);
CREATE UNIQUE INDEX waits_open ON waits (request_id) WHERE ended_at IS NULL;
CREATE INDEX waits_bucket ON waits (authority_id, department, lane, ended_at, entered_at);

-- What could be told of the wait when the engine decided (JSON): beside its record, which replay makes again.
ALTER TABLE decisions ADD COLUMN forecast TEXT;
