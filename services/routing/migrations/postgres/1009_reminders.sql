-- What was confided to level 2 or to an outside body: when a reminder is due, when it was sent, and when the request comes
-- back by itself.
ALTER TABLE works ADD COLUMN remind_at BIGINT;
ALTER TABLE works ADD COLUMN return_at BIGINT;
ALTER TABLE works ADD COLUMN reminded_at BIGINT;
CREATE INDEX works_reminding ON works (remind_at) WHERE remind_at IS NOT NULL;
CREATE INDEX works_returning ON works (return_at) WHERE return_at IS NOT NULL;
