-- Colleagues a note addresses, and since when they have answered or seen it.
CREATE TABLE mentions (
    authority_id BLOB NOT NULL,
    interaction_id BLOB NOT NULL,
    request_id BLOB NOT NULL,
    agent_id BLOB NOT NULL,
    asks_opinion INTEGER NOT NULL,
    at INTEGER NOT NULL,
    ended_at INTEGER,
    PRIMARY KEY (authority_id, interaction_id, agent_id),
    FOREIGN KEY (authority_id, interaction_id) REFERENCES interactions (authority_id, id)
);
CREATE INDEX mentions_waiting ON mentions (agent_id, at) WHERE ended_at IS NULL;
CREATE INDEX mentions_request ON mentions (authority_id, request_id);
