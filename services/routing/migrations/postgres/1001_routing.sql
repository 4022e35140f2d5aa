-- The published directories: JSON of the authority's directory, one row an authority.
CREATE TABLE authorities (
    authority_id UUID PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    directory TEXT NOT NULL,
    published_at BIGINT NOT NULL
);

-- Who may sign in. An agent who left the directory keeps a row that is not active.
CREATE TABLE accounts (
    agent_id UUID PRIMARY KEY,
    authority_id UUID NOT NULL REFERENCES authorities (authority_id),
    login TEXT NOT NULL UNIQUE,
    password_hash TEXT,
    session_version BIGINT NOT NULL,
    active BOOLEAN NOT NULL
);
CREATE INDEX accounts_authority ON accounts (authority_id);

-- Keys of programs: only their SHA-256 is kept.
CREATE TABLE api_keys (
    key_hash BYTEA PRIMARY KEY,
    authority_id UUID NOT NULL REFERENCES authorities (authority_id),
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

-- What each agent is doing and holds. `used` is changed with the work it counts, in one transaction.
CREATE TABLE agent_loads (
    agent_id UUID PRIMARY KEY,
    authority_id UUID NOT NULL,
    presence TEXT NOT NULL,
    serial BIGINT NOT NULL,
    capacity BIGINT NOT NULL,
    used BIGINT NOT NULL CHECK (used >= 0),
    served_at BIGINT NOT NULL
);
CREATE INDEX agent_loads_authority ON agent_loads (authority_id);

-- The work on each request. `loaded_agent` is whose capacity it uses; `queue` is set while it waits or is offered.
CREATE TABLE works (
    request_id UUID PRIMARY KEY,
    authority_id UUID NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    procedure TEXT,
    department TEXT NOT NULL,
    tier BIGINT NOT NULL,
    confidential BOOLEAN NOT NULL,
    clearances TEXT NOT NULL,
    returns_to_level1 BOOLEAN NOT NULL,
    slope BIGINT NOT NULL,
    announced_due BIGINT,
    legal_due BIGINT,
    internal_due BIGINT,
    receipt_due BIGINT NOT NULL,
    silence TEXT,
    channel TEXT NOT NULL,
    nature TEXT NOT NULL,
    language TEXT NOT NULL,
    danger BOOLEAN NOT NULL,
    excluded TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    need TEXT NOT NULL,
    queue TEXT,
    since BIGINT NOT NULL,
    late BOOLEAN NOT NULL,
    unroutable BOOLEAN NOT NULL,
    offer_id UUID,
    offered_to UUID,
    assignee UUID,
    level2 UUID,
    loaded_agent UUID,
    returned BOOLEAN NOT NULL,
    outcome TEXT,
    forwarded_to TEXT,
    forwarded_phone TEXT,
    reason TEXT,
    wait_until BIGINT,
    resolved_at BIGINT,
    close_at BIGINT,
    CHECK ((offer_id IS NULL) = (offered_to IS NULL)),
    CHECK (offer_id IS NULL OR queue IS NOT NULL)
);
CREATE INDEX works_queue ON works (authority_id, since) WHERE queue IS NOT NULL;
CREATE INDEX works_loaded ON works (loaded_agent) WHERE loaded_agent IS NOT NULL;
CREATE INDEX works_waiting ON works (wait_until) WHERE wait_until IS NOT NULL;
CREATE INDEX works_closing ON works (close_at) WHERE close_at IS NOT NULL;
CREATE INDEX works_late ON works (internal_due) WHERE queue IS NOT NULL AND NOT late;

-- Every change of the work, for the story of a request.
CREATE TABLE work_steps (
    request_id UUID NOT NULL REFERENCES works (request_id),
    version BIGINT NOT NULL,
    authority_id UUID NOT NULL,
    at BIGINT NOT NULL,
    how TEXT NOT NULL,
    agent_id UUID,
    state TEXT NOT NULL,
    department TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (request_id, version)
);

CREATE TABLE offers (
    id UUID PRIMARY KEY,
    authority_id UUID NOT NULL,
    request_id UUID NOT NULL REFERENCES works (request_id),
    agent_id UUID NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('offered', 'accepted', 'declined', 'expired', 'rescinded')),
    offered_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    decision_id UUID NOT NULL,
    why TEXT NOT NULL
);
CREATE UNIQUE INDEX offers_one_open ON offers (request_id) WHERE state = 'offered';
CREATE INDEX offers_agent ON offers (agent_id) WHERE state = 'offered';
CREATE INDEX offers_expiry ON offers (expires_at) WHERE state = 'offered';
CREATE INDEX offers_refused ON offers (ended_at) WHERE state IN ('declined', 'expired');

CREATE TABLE assignments (
    id UUID PRIMARY KEY,
    authority_id UUID NOT NULL,
    request_id UUID NOT NULL REFERENCES works (request_id),
    agent_id UUID NOT NULL,
    weight BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX assignments_one_active ON assignments (request_id) WHERE ended_at IS NULL;
CREATE INDEX assignments_agent ON assignments (agent_id) WHERE ended_at IS NULL;

-- Why each request went where it went.
CREATE TABLE decisions (
    id UUID PRIMARY KEY,
    authority_id UUID NOT NULL,
    request_id UUID NOT NULL REFERENCES works (request_id),
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    agent_id UUID,
    epoch BIGINT NOT NULL,
    batch BIGINT NOT NULL,
    record TEXT NOT NULL,
    sentence TEXT NOT NULL
);
CREATE INDEX decisions_request ON decisions (request_id, at);

-- What the engine has to know, in order; consumed in the transaction of what it decides.
CREATE TABLE engine_inputs (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    authority_id UUID,
    shard TEXT NOT NULL,
    at BIGINT NOT NULL,
    input TEXT NOT NULL,
    batch BIGINT,
    consumed_at BIGINT
);
CREATE INDEX engine_inputs_waiting ON engine_inputs (shard, number) WHERE batch IS NULL;

-- Who may decide: the matcher's transactions hold this row at their epoch.
CREATE TABLE shards (
    name TEXT PRIMARY KEY,
    epoch BIGINT NOT NULL,
    batch BIGINT NOT NULL
);
INSERT INTO shards (name, epoch, batch) VALUES ('all', 0, 0);
