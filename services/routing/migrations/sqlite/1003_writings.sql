-- Who is writing an answer now: a courtesy between colleagues, never a lock.
CREATE TABLE writings (
    request_id BLOB NOT NULL REFERENCES works (request_id),
    agent_id BLOB NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (request_id, agent_id)
);
CREATE INDEX writings_until ON writings (until);
