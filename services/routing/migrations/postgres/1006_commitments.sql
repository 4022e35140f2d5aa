-- Each version of the announced date, and what was answered in a period.
ALTER TABLE work_steps ADD COLUMN announced_due BIGINT;
CREATE INDEX works_resolved ON works (authority_id, resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX works_received ON works (authority_id, received_at);
