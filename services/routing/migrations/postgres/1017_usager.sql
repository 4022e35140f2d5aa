-- Whose request it is, by the number intake knows them under: the next one goes to who answered the last.
ALTER TABLE works ADD COLUMN party uuid;
CREATE INDEX works_party ON works (party, resolved_at) WHERE party IS NOT NULL;
