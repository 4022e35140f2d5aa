-- The latest day by which the usager is told who has the request: what is told while no answer is announced.
ALTER TABLE requests ADD COLUMN receipt_due INTEGER;
