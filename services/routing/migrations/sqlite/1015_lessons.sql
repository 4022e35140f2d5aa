-- What the agent who has a request learns with it (JSON), and the learning cases that ended: a skill is proposed to be granted once
-- enough of them were answered.
ALTER TABLE works ADD COLUMN lesson TEXT;
CREATE INDEX works_lesson ON works (received_at, request_id) WHERE lesson IS NOT NULL;

CREATE TABLE lessons (
    request_id BLOB NOT NULL,
    agent_id BLOB NOT NULL,
    authority_id BLOB NOT NULL,
    skill TEXT NOT NULL,
    level INTEGER NOT NULL,
    given_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    ending TEXT NOT NULL,
    PRIMARY KEY (request_id, agent_id, skill, given_at)
);
CREATE INDEX lessons_given ON lessons (given_at);
