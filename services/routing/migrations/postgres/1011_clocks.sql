-- What has held up the dates of a request (waits for papers, a transmission), as JSON; none for older rows.
ALTER TABLE works ADD COLUMN clock TEXT;
