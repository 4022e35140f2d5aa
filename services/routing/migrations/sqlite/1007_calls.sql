-- The call that made an agent's presence « au téléphone », and what they were doing before it.
ALTER TABLE agent_loads ADD COLUMN call_id TEXT;
ALTER TABLE agent_loads ADD COLUMN resume TEXT;
