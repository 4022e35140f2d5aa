//! What was said about a delivery after it left.

use guichet_core::Timestamp;
use guichet_db::{Result, Tx, args};

use super::DeliveryRow;

const INSERT: &str = "INSERT INTO delivery_receipts (delivery_id, authority_id, recorded_at, state, detail)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (delivery_id, recorded_at, state, detail) DO NOTHING";

/// The table of receipts.
#[derive(Debug)]
pub struct Receipts;

impl Receipts {
    /// Keeps a receipt, whether it changed the delivery or not.
    pub async fn insert(tx: &mut Tx, about: &DeliveryRow, state: &str, detail: &str, now: Timestamp) -> Result<()> {
        tx.execute(INSERT, args![about.id, about.authority_id, now, state, detail]).await?;
        Ok(())
    }
}
