-- Supervisors count and list what is open; finished work, most of the table, is not looked at.
CREATE INDEX works_open ON works (authority_id, department)
    WHERE state NOT IN ('forwarded', 'resolved', 'closed', 'withdrawn', 'dismissed');
