-- What each agent was given since midnight, which is how the day's work is shared out evenly.
CREATE INDEX assignments_started ON assignments (started_at);
