-- Every state a text of an authority has had; `overridden` is false where it went back to the embedded text.
CREATE TABLE template_versions (
    authority_id BLOB NOT NULL,
    notice TEXT NOT NULL,
    medium TEXT NOT NULL,
    language TEXT NOT NULL,
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    agent_id BLOB,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    overridden INTEGER NOT NULL,
    PRIMARY KEY (authority_id, notice, medium, language, version)
);
INSERT INTO template_versions (authority_id, notice, medium, language, version, at, subject, body, overridden)
    SELECT authority_id, notice, medium, language, 1, updated_at, subject, body, 1 FROM templates;
