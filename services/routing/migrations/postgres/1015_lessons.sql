-- What the agent who has a request learns with it (JSON), and the learning cases that ended: a skill is proposed to be granted once
-- enough of them were answered.
ALTER TABLE works ADD COLUMN lesson TEXT;
CREATE INDEX works_lesson ON works (received_at, request_id) WHERE lesson IS NOT NULL;

CREATE TABLE lessons (
    request_id UUID NOT NULL,
    agent_id UUID NOT NULL,
    authority_id UUID NOT NULL,
    skill TEXT NOT NULL,
    level BIGINT NOT NULL,
    given_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    ending TEXT NOT NULL,
    PRIMARY KEY (request_id, agent_id, skill, given_at)
);
CREATE INDEX lessons_given ON lessons (given_at);
