-- Colleagues a note addresses, and since when they have answered or seen it.
CREATE TABLE mentions (
    authority_id UUID NOT NULL,
    interaction_id UUID NOT NULL,
    request_id UUID NOT NULL,
    agent_id UUID NOT NULL,
    asks_opinion BOOLEAN NOT NULL,
    at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (authority_id, interaction_id, agent_id),
    FOREIGN KEY (authority_id, interaction_id) REFERENCES interactions (authority_id, id)
);
CREATE INDEX mentions_waiting ON mentions (agent_id, at) WHERE ended_at IS NULL;
CREATE INDEX mentions_request ON mentions (authority_id, request_id);
