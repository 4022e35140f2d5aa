-- What this service tells: rows wait for their number, then for every consumer, then seven days.
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    generation INTEGER,
    seq INTEGER,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    authority_id BLOB NOT NULL,
    request_id BLOB,
    occurred_at INTEGER NOT NULL,
    traceparent TEXT,
    data TEXT NOT NULL,
    CHECK ((generation IS NULL) = (seq IS NULL))
);
CREATE UNIQUE INDEX outbox_numbered ON outbox (generation, seq) WHERE seq IS NOT NULL;
CREATE INDEX outbox_waiting ON outbox (position) WHERE seq IS NULL;

-- The last number given; one row.
CREATE TABLE log_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL,
    seq INTEGER NOT NULL
);
INSERT INTO log_head (id, generation, seq) VALUES (1, 1, 0);

-- Every start of the relay opens a generation; the one before is closed where it ended.
CREATE TABLE log_generations (
    generation INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL,
    ended_seq INTEGER
);
INSERT INTO log_generations (generation, started_at) VALUES (1, 0);

-- Each time somebody had been told more of a generation than the database holds: it came back older.
CREATE TABLE log_losses (
    told_generation INTEGER PRIMARY KEY,
    told_seq INTEGER NOT NULL,
    found_seq INTEGER NOT NULL,
    noticed_at INTEGER NOT NULL
);

-- How far each consumer of this log says it is.
CREATE TABLE log_consumers (
    consumer TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
);

-- How far this service is in the logs it reads.
CREATE TABLE cursors (
    consumer TEXT NOT NULL,
    producer TEXT NOT NULL,
    generation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (consumer, producer)
);

-- Events that could not be applied, and the later ones of the same request.
CREATE TABLE parked_events (
    consumer TEXT NOT NULL,
    producer TEXT NOT NULL,
    generation INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    request_id BLOB,
    envelope TEXT NOT NULL,
    reason TEXT NOT NULL,
    parked_at INTEGER NOT NULL,
    PRIMARY KEY (consumer, producer, generation, seq)
);
CREATE INDEX parked_events_request ON parked_events (consumer, request_id);

-- Who does what only one may do.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);

-- The published directories, as last heard.
CREATE TABLE directories (
    authority_id BLOB PRIMARY KEY,
    version INTEGER NOT NULL,
    directory TEXT NOT NULL
);
