-- What the engine was loaded from each time, so that its decisions can be made again and compared with those recorded:
-- `snapshot` is empty when it was too large to keep.
CREATE TABLE engine_loads (
    shard TEXT NOT NULL,
    batch INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    policy TEXT NOT NULL,
    directories TEXT NOT NULL,
    snapshot TEXT,
    PRIMARY KEY (shard, batch)
);

-- The place of an input and of a decision in its batch: numbers and ids do not follow the order of application. An input
-- without a place was absorbed by a load.
ALTER TABLE engine_inputs ADD COLUMN ordinal INTEGER;
CREATE INDEX engine_inputs_batch ON engine_inputs (shard, batch, ordinal) WHERE batch IS NOT NULL;
ALTER TABLE decisions ADD COLUMN ordinal INTEGER;
CREATE INDEX decisions_batch ON decisions (batch, ordinal);
