-- What a desk is told on a day, by its supervisors.
CREATE TABLE day_notes (
    authority_id BLOB NOT NULL REFERENCES authorities (authority_id),
    day TEXT NOT NULL,
    body TEXT NOT NULL,
    agent_id BLOB NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (authority_id, day)
);
