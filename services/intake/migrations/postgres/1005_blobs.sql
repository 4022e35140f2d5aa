-- Raw mail and files, where they are kept in the database (`[blobs] url = "database:"`).
CREATE TABLE blobs (
    authority TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    touched_at BIGINT NOT NULL,
    trashed_at BIGINT,
    PRIMARY KEY (authority, sha256)
);
CREATE INDEX blobs_touched ON blobs (authority, touched_at) WHERE trashed_at IS NULL;
CREATE INDEX blobs_trashed ON blobs (trashed_at) WHERE trashed_at IS NOT NULL;

-- Their contents, a piece a row.
CREATE TABLE blob_pieces (
    authority TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    place BIGINT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (authority, sha256, place),
    FOREIGN KEY (authority, sha256) REFERENCES blobs (authority, sha256) ON DELETE CASCADE
);
-- Mails and most files are compressed or encoded already: compressing them again is lost time.
ALTER TABLE blob_pieces ALTER COLUMN content SET STORAGE EXTERNAL;
