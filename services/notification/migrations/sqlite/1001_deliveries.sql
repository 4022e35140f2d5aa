-- One message out to one usager. `source` makes it unique beside the request and the notice: empty for
-- acknowledgements, the interaction or the work's version for the others.
CREATE TABLE deliveries (
    id BLOB PRIMARY KEY,
    authority_id BLOB NOT NULL,
    request_id BLOB NOT NULL,
    notice TEXT NOT NULL,
    source TEXT NOT NULL,
    facts TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('queued', 'sending', 'accepted', 'deferred', 'failed', 'unknown', 'to_print')),
    medium TEXT CHECK (medium IN ('email', 'sms', 'letter')),
    message_id TEXT,
    recipient TEXT,
    subject TEXT,
    body_text TEXT,
    body_html TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    next_attempt_at INTEGER,
    claim BLOB,
    claimed_until INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (authority_id, request_id, notice, source)
);
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE state IN ('queued', 'deferred');
CREATE INDEX deliveries_claimed ON deliveries (claimed_until) WHERE claimed_until IS NOT NULL;
CREATE INDEX deliveries_request ON deliveries (request_id, created_at);
CREATE INDEX deliveries_message ON deliveries (message_id) WHERE message_id IS NOT NULL;

-- What relays, providers and printers said afterwards.
CREATE TABLE delivery_receipts (
    delivery_id BLOB NOT NULL REFERENCES deliveries (id),
    authority_id BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (delivery_id, recorded_at, state, detail)
);

-- Texts of an authority that replace the embedded ones.
CREATE TABLE templates (
    authority_id BLOB NOT NULL,
    notice TEXT NOT NULL,
    medium TEXT NOT NULL,
    language TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (authority_id, notice, medium, language)
);

-- The medium a party asked for. A party belongs to one authority, which its id implies.
CREATE TABLE preferences (
    party_id BLOB PRIMARY KEY,
    medium TEXT NOT NULL CHECK (medium IN ('email', 'sms', 'letter')),
    updated_at INTEGER NOT NULL
);
