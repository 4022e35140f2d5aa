-- Who knows a request that waits again, and until when it waits for them (JSON).
ALTER TABLE works ADD COLUMN continuity TEXT;
