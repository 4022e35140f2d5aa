-- What a desk is told on a day, by its supervisors.
CREATE TABLE day_notes (
    authority_id UUID NOT NULL REFERENCES authorities (authority_id),
    day TEXT NOT NULL,
    body TEXT NOT NULL,
    agent_id UUID NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (authority_id, day)
);
