-- What this service tells: rows wait for their number, then for every consumer, then seven days.
CREATE TABLE outbox (
    position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id UUID NOT NULL UNIQUE,
    generation BIGINT,
    seq BIGINT,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    authority_id UUID NOT NULL,
    request_id UUID,
    occurred_at BIGINT NOT NULL,
    traceparent TEXT,
    data TEXT NOT NULL,
    CHECK ((generation IS NULL) = (seq IS NULL))
);
CREATE UNIQUE INDEX outbox_numbered ON outbox (generation, seq) WHERE seq IS NOT NULL;
CREATE INDEX outbox_waiting ON outbox (position) WHERE seq IS NULL;

-- The last number given; one row.
CREATE TABLE log_head (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    generation BIGINT NOT NULL,
    seq BIGINT NOT NULL
);
INSERT INTO log_head (id, generation, seq) VALUES (1, 1, 0);

-- Every start of the relay opens a generation; the one before is closed where it ended.
CREATE TABLE log_generations (
    generation BIGINT PRIMARY KEY,
    started_at BIGINT NOT NULL,
    ended_seq BIGINT
);
INSERT INTO log_generations (generation, started_at) VALUES (1, 0);

-- Each time somebody had been told more of a generation than the database holds: it came back older.
CREATE TABLE log_losses (
    told_generation BIGINT PRIMARY KEY,
    told_seq BIGINT NOT NULL,
    found_seq BIGINT NOT NULL,
    noticed_at BIGINT NOT NULL
);

-- How far each consumer of this log says it is.
CREATE TABLE log_consumers (
    consumer TEXT PRIMARY KEY,
    generation BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

-- How far this service is in the logs it reads.
CREATE TABLE cursors (
    consumer TEXT NOT NULL,
    producer TEXT NOT NULL,
    generation BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (consumer, producer)
);

-- Events that could not be applied, and the later ones of the same request.
CREATE TABLE parked_events (
    consumer TEXT NOT NULL,
    producer TEXT NOT NULL,
    generation BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    event_id UUID NOT NULL,
    request_id UUID,
    envelope TEXT NOT NULL,
    reason TEXT NOT NULL,
    parked_at BIGINT NOT NULL,
    PRIMARY KEY (consumer, producer, generation, seq)
);
CREATE INDEX parked_events_request ON parked_events (consumer, request_id);

-- Who does what only one may do.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder UUID NOT NULL,
    epoch BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- The published directories, as last heard.
CREATE TABLE directories (
    authority_id UUID PRIMARY KEY,
    version BIGINT NOT NULL,
    directory TEXT NOT NULL
);
