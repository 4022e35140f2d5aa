//! The one statement that must differ: claiming, where several processes share PostgreSQL.

use guichet_db::Sql;

/// Claims due deliveries: `$1` claim, `$2` its end, `$3` now, `$4` how many.
pub(super) const CLAIM_DUE: Sql = Sql::by_dialect(
    "UPDATE deliveries SET claim = $1, claimed_until = $2
    WHERE id IN (
        SELECT id FROM deliveries
        WHERE state IN ('queued', 'deferred') AND next_attempt_at <= $3
            AND (claimed_until IS NULL OR claimed_until <= $3)
        ORDER BY next_attempt_at
        LIMIT $4
    )
    RETURNING id, authority_id, request_id, notice, source, facts, state, message_id, attempts, created_at,
        traceparent",
    "UPDATE deliveries SET claim = $1, claimed_until = $2
    WHERE id IN (
        SELECT id FROM deliveries
        WHERE state IN ('queued', 'deferred') AND next_attempt_at <= $3
            AND (claimed_until IS NULL OR claimed_until <= $3)
        ORDER BY next_attempt_at
        LIMIT $4
        FOR UPDATE SKIP LOCKED
    )
    RETURNING id, authority_id, request_id, notice, source, facts, state, message_id, attempts, created_at,
        traceparent",
);
