-- Usagers, as far as an address, a number or a name tells them apart.
CREATE TABLE parties (
    authority_id BLOB NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    postal_address TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (authority_id, id)
);
CREATE UNIQUE INDEX parties_id ON parties (id);

-- Addresses and numbers; the row is locked while somebody decides whose it is.
CREATE TABLE contacts (
    authority_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('email', 'phone')),
    value TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (authority_id, kind, value)
);

-- Whose they are: several parties may share one.
CREATE TABLE party_contacts (
    authority_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    party_id BLOB NOT NULL,
    shown TEXT NOT NULL,
    PRIMARY KEY (authority_id, kind, value, party_id),
    FOREIGN KEY (authority_id, kind, value) REFERENCES contacts (authority_id, kind, value),
    FOREIGN KEY (authority_id, party_id) REFERENCES parties (authority_id, id)
);
CREATE INDEX party_contacts_party ON party_contacts (authority_id, party_id);

-- Service requests; the columns from work_state on are a projection of routing's events.
CREATE TABLE requests (
    authority_id BLOB NOT NULL,
    id BLOB NOT NULL,
    authority TEXT NOT NULL,
    reference TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL,
    nature TEXT NOT NULL,
    procedure_code TEXT,
    confidence_permille INTEGER NOT NULL,
    classified_by TEXT NOT NULL,
    reasons TEXT NOT NULL,
    subject TEXT NOT NULL,
    party_id BLOB NOT NULL,
    requester_name TEXT NOT NULL,
    requester_email TEXT NOT NULL,
    requester_phone TEXT NOT NULL,
    postal_address TEXT NOT NULL,
    language TEXT NOT NULL,
    site TEXT NOT NULL,
    identity_verified INTEGER NOT NULL,
    shared_contact INTEGER NOT NULL,
    linked_request_id BLOB,
    hint TEXT NOT NULL,
    danger INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    last_interaction_at INTEGER NOT NULL,
    search_text TEXT NOT NULL,
    work_state TEXT NOT NULL,
    work_version INTEGER NOT NULL,
    department TEXT NOT NULL,
    assignee_id BLOB,
    due_at INTEGER,
    state_since INTEGER NOT NULL,
    outcome TEXT,
    forwarded_to TEXT NOT NULL,
    confidential INTEGER NOT NULL,
    reopen_until INTEGER,
    PRIMARY KEY (authority_id, id),
    FOREIGN KEY (authority_id, party_id) REFERENCES parties (authority_id, id)
);
CREATE UNIQUE INDEX requests_id ON requests (id);
CREATE INDEX requests_newest ON requests (received_at, id);
CREATE INDEX requests_newest_by_authority ON requests (authority_id, received_at, id);
CREATE INDEX requests_party ON requests (authority_id, party_id);
CREATE INDEX requests_open ON requests (authority_id, department, received_at)
    WHERE work_state NOT IN ('resolved', 'closed', 'withdrawn', 'dismissed');

-- What was said: messages, replies, notes, calls. Without a request: a contact answered on the spot.
CREATE TABLE interactions (
    authority_id BLOB NOT NULL,
    id BLOB NOT NULL,
    request_id BLOB,
    kind TEXT NOT NULL CHECK (kind IN ('message', 'reply', 'note', 'call')),
    channel TEXT NOT NULL,
    party_id BLOB,
    author_name TEXT NOT NULL,
    author_email TEXT NOT NULL,
    agent_id BLOB,
    subject TEXT NOT NULL,
    new_text TEXT NOT NULL,
    full_text TEXT,
    occurred_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    truncated INTEGER NOT NULL,
    sender_verified INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    reply_then TEXT,
    outcome TEXT,
    wait_until INTEGER,
    raw_sha256 TEXT,
    nature TEXT,
    procedure_code TEXT,
    site TEXT NOT NULL,
    PRIMARY KEY (authority_id, id),
    FOREIGN KEY (authority_id, request_id) REFERENCES requests (authority_id, id)
);
CREATE INDEX interactions_request ON interactions (authority_id, request_id, recorded_at);
CREATE INDEX interactions_raw ON interactions (authority_id, raw_sha256) WHERE raw_sha256 IS NOT NULL;

-- Files; the content is a blob named by its hash.
CREATE TABLE attachments (
    authority_id BLOB NOT NULL,
    id BLOB NOT NULL,
    request_id BLOB,
    interaction_id BLOB NOT NULL,
    place INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    file_name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (authority_id, id),
    FOREIGN KEY (authority_id, interaction_id) REFERENCES interactions (authority_id, id)
);
CREATE INDEX attachments_interaction ON attachments (authority_id, interaction_id);
CREATE INDEX attachments_request ON attachments (authority_id, request_id);
CREATE INDEX attachments_blob ON attachments (authority_id, sha256);
CREATE UNIQUE INDEX attachments_id ON attachments (id);

-- Message-IDs of mail accepted into a thread, for References.
CREATE TABLE message_ids (
    authority_id BLOB NOT NULL,
    message_id TEXT NOT NULL,
    request_id BLOB NOT NULL,
    PRIMARY KEY (authority_id, message_id, request_id),
    FOREIGN KEY (authority_id, request_id) REFERENCES requests (authority_id, id)
);

-- What was taken, so that a second copy is recognised.
CREATE TABLE dedupe_keys (
    authority_id BLOB NOT NULL,
    channel TEXT NOT NULL,
    dedupe_key TEXT NOT NULL,
    content TEXT NOT NULL,
    outcome TEXT NOT NULL,
    request_id BLOB,
    interaction_id BLOB,
    reference TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (authority_id, channel, dedupe_key)
);
CREATE INDEX dedupe_keys_age ON dedupe_keys (channel, received_at);

-- Mailboxes through which copies of one mail came.
CREATE TABLE mail_recipients (
    authority_id BLOB NOT NULL,
    dedupe_key TEXT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (authority_id, dedupe_key, address)
);

-- Mail that opened nothing (machines): its raw message is kept all the same.
CREATE TABLE ignored_mails (
    authority_id BLOB NOT NULL,
    dedupe_key TEXT NOT NULL,
    reason TEXT NOT NULL,
    raw_sha256 TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (authority_id, dedupe_key)
);
CREATE INDEX ignored_mails_raw ON ignored_mails (authority_id, raw_sha256);
