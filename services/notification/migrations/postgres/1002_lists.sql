-- What every desk lists at each look: letters that wait for the printer, and the newest messages.
CREATE INDEX deliveries_to_print ON deliveries (created_at, id) WHERE state = 'to_print';
CREATE INDEX deliveries_newest ON deliveries (created_at, id);
