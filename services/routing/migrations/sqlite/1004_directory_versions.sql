-- Every state a directory has had: who published it, and the state itself, so that a change made on screen can be read
-- and undone.
CREATE TABLE directory_versions (
    authority_id BLOB NOT NULL REFERENCES authorities (authority_id),
    version INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    agent_id BLOB,
    restores INTEGER,
    directory TEXT NOT NULL,
    PRIMARY KEY (authority_id, version)
);
INSERT INTO directory_versions (authority_id, version, published_at, directory)
    SELECT authority_id, version, published_at, directory FROM authorities;
