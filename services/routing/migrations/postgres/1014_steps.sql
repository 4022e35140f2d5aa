-- What a request that waits will ask instead, from when on, while nobody takes it (JSON).
ALTER TABLE works ADD COLUMN steps TEXT;
