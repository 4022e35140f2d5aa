-- Which shard decides for an authority: a pool, which is an authority and all it shares agents with.
CREATE TABLE authority_shards (
    authority_id UUID PRIMARY KEY REFERENCES authorities (authority_id),
    shard TEXT NOT NULL
);
CREATE INDEX authority_shards_shard ON authority_shards (shard);

-- Which process decides for a shard. The row `all` is the one shard of earlier releases: facts wait under its name until a
-- shard takes them, and changes of the map hold it.
ALTER TABLE shards ADD COLUMN owner UUID;

-- The processes that decide, each until when it is believed to live.
CREATE TABLE processes (
    id UUID PRIMARY KEY,
    until BIGINT NOT NULL
);

-- Batches are numbered by shard.
ALTER TABLE decisions ADD COLUMN shard TEXT NOT NULL DEFAULT 'all';
CREATE INDEX decisions_shard ON decisions (shard, batch, ordinal);
CREATE INDEX engine_inputs_pending ON engine_inputs (authority_id, number) WHERE batch IS NULL;
