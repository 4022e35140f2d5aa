-- The trace a delivery was called for in: what sends it goes on with it (W3C Trace Context).
ALTER TABLE deliveries ADD COLUMN traceparent TEXT;
