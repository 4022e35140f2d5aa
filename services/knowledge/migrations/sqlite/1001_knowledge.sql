-- One row an authority: its numbers tell every process when what it keeps in memory is out of date.
CREATE TABLE catalogues (
    authority_id         BLOB NOT NULL PRIMARY KEY,
    code                 TEXT NOT NULL,
    sheets_revision      INTEGER NOT NULL DEFAULT 0,
    corrections_revision INTEGER NOT NULL DEFAULT 0
);

-- A sheet and the version that is read; archived when its file disappears, published again when it comes back.
CREATE TABLE sheets (
    authority_id    BLOB NOT NULL REFERENCES catalogues (authority_id),
    sheet_id        BLOB NOT NULL,
    external_id     TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('published', 'archived')),
    current_version INTEGER NOT NULL CHECK (current_version >= 1),
    updated_at      INTEGER NOT NULL,
    PRIMARY KEY (authority_id, sheet_id),
    UNIQUE (authority_id, external_id)
);
CREATE UNIQUE INDEX sheets_by_id ON sheets (sheet_id);

-- Every version ever published: an answer cites the one it used. keywords is a JSON array of texts.
CREATE TABLE sheet_versions (
    authority_id    BLOB NOT NULL,
    sheet_id        BLOB NOT NULL,
    version         INTEGER NOT NULL CHECK (version >= 1),
    title           TEXT NOT NULL,
    markdown        TEXT NOT NULL,
    agents_markdown TEXT NOT NULL,
    procedure_code  TEXT NOT NULL,
    keywords        TEXT NOT NULL,
    published_at    INTEGER NOT NULL,
    PRIMARY KEY (authority_id, sheet_id, version),
    FOREIGN KEY (authority_id, sheet_id) REFERENCES sheets (authority_id, sheet_id)
);

-- What agents corrected, as sorted stems (a JSON array): nobody can read the message again. digest is their SHA-256.
CREATE TABLE corrections (
    authority_id   BLOB NOT NULL REFERENCES catalogues (authority_id),
    digest         TEXT NOT NULL,
    stems          TEXT NOT NULL,
    procedure_code TEXT NOT NULL,
    taught_at      INTEGER NOT NULL,
    PRIMARY KEY (authority_id, digest)
);
CREATE INDEX corrections_by_age ON corrections (authority_id, taught_at);

-- What readers think of a version: counts only.
CREATE TABLE opinions (
    authority_id BLOB NOT NULL,
    sheet_id     BLOB NOT NULL,
    version      INTEGER NOT NULL,
    useful       INTEGER NOT NULL DEFAULT 0,
    useless      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (authority_id, sheet_id, version),
    FOREIGN KEY (authority_id, sheet_id, version) REFERENCES sheet_versions (authority_id, sheet_id, version)
);
