-- The published directories: JSON of the authority's directory, one row an authority.
CREATE TABLE authorities (
    authority_id BLOB PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    directory TEXT NOT NULL,
    published_at INTEGER NOT NULL
);

-- Who may sign in. An agent who left the directory keeps a row that is not active.
CREATE TABLE accounts (
    agent_id BLOB PRIMARY KEY,
    authority_id BLOB NOT NULL REFERENCES authorities (authority_id),
    login TEXT NOT NULL UNIQUE,
    password_hash TEXT,
    session_version INTEGER NOT NULL,
    active INTEGER NOT NULL
);
CREATE INDEX accounts_authority ON accounts (authority_id);

-- Keys of programs: only their SHA-256 is kept.
CREATE TABLE api_keys (
    key_hash BLOB PRIMARY KEY,
    authority_id BLOB NOT NULL REFERENCES authorities (authority_id),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
);

-- What each agent is doing and holds. `used` is changed with the work it counts, in one transaction.
CREATE TABLE agent_loads (
    agent_id BLOB PRIMARY KEY,
    authority_id BLOB NOT NULL,
    presence TEXT NOT NULL,
    serial INTEGER NOT NULL,
    capacity INTEGER NOT NULL,
    used INTEGER NOT NULL CHECK (used >= 0),
    served_at INTEGER NOT NULL
);
CREATE INDEX agent_loads_authority ON agent_loads (authority_id);

-- The work on each request. `loaded_agent` is whose capacity it uses; `queue` is set while it waits or is offered.
CREATE TABLE works (
    request_id BLOB PRIMARY KEY,
    authority_id BLOB NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    procedure TEXT,
    department TEXT NOT NULL,
    tier INTEGER NOT NULL,
    confidential INTEGER NOT NULL,
    clearances TEXT NOT NULL,
    returns_to_level1 INTEGER NOT NULL,
    slope INTEGER NOT NULL,
    announced_due INTEGER,
    legal_due INTEGER,
    internal_due INTEGER,
    receipt_due INTEGER NOT NULL,
    silence TEXT,
    channel TEXT NOT NULL,
    nature TEXT NOT NULL,
    language TEXT NOT NULL,
    danger INTEGER NOT NULL,
    excluded TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    need TEXT NOT NULL,
    queue TEXT,
    since INTEGER NOT NULL,
    late INTEGER NOT NULL,
    unroutable INTEGER NOT NULL,
    offer_id BLOB,
    offered_to BLOB,
    assignee BLOB,
    level2 BLOB,
    loaded_agent BLOB,
    returned INTEGER NOT NULL,
    outcome TEXT,
    forwarded_to TEXT,
    forwarded_phone TEXT,
    reason TEXT,
    wait_until INTEGER,
    resolved_at INTEGER,
    close_at INTEGER,
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
    request_id BLOB NOT NULL REFERENCES works (request_id),
    version INTEGER NOT NULL,
    authority_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    how TEXT NOT NULL,
    agent_id BLOB,
    state TEXT NOT NULL,
    department TEXT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (request_id, version)
);

CREATE TABLE offers (
    id BLOB PRIMARY KEY,
    authority_id BLOB NOT NULL,
    request_id BLOB NOT NULL REFERENCES works (request_id),
    agent_id BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('offered', 'accepted', 'declined', 'expired', 'rescinded')),
    offered_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    decision_id BLOB NOT NULL,
    why TEXT NOT NULL
);
CREATE UNIQUE INDEX offers_one_open ON offers (request_id) WHERE state = 'offered';
CREATE INDEX offers_agent ON offers (agent_id) WHERE state = 'offered';
CREATE INDEX offers_expiry ON offers (expires_at) WHERE state = 'offered';
CREATE INDEX offers_refused ON offers (ended_at) WHERE state IN ('declined', 'expired');

CREATE TABLE assignments (
    id BLOB PRIMARY KEY,
    authority_id BLOB NOT NULL,
    request_id BLOB NOT NULL REFERENCES works (request_id),
    agent_id BLOB NOT NULL,
    weight INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER
);
CREATE UNIQUE INDEX assignments_one_active ON assignments (request_id) WHERE ended_at IS NULL;
CREATE INDEX assignments_agent ON assignments (agent_id) WHERE ended_at IS NULL;

-- Why each request went where it went.
CREATE TABLE decisions (
    id BLOB PRIMARY KEY,
    authority_id BLOB NOT NULL,
    request_id BLOB NOT NULL REFERENCES works (request_id),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    agent_id BLOB,
    epoch INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    record TEXT NOT NULL,
    sentence TEXT NOT NULL
);
CREATE INDEX decisions_request ON decisions (request_id, at);

-- What the engine has to know, in order; consumed in the transaction of what it decides.
CREATE TABLE engine_inputs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    authority_id BLOB,
    shard TEXT NOT NULL,
    at INTEGER NOT NULL,
    input TEXT NOT NULL,
    batch INTEGER,
    consumed_at INTEGER
);
CREATE INDEX engine_inputs_waiting ON engine_inputs (shard, number) WHERE batch IS NULL;

-- Who may decide: the matcher's transactions hold this row at their epoch.
CREATE TABLE shards (
    name TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    batch INTEGER NOT NULL
);
INSERT INTO shards (name, epoch, batch) VALUES ('all', 0, 0);
