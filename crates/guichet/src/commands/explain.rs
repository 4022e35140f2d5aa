//! `guichet explain`: why a request went where it went, in French.

use anyhow::{Result, bail};

use crate::client::Client;

/// Prints the story of a request, one sentence a line.
pub(crate) async fn run(reference: &str, client: &Client) -> Result<()> {
    let Some(reference) = guichet_core::Reference::parse(reference) else {
        bail!("« {reference} » n'est pas un numéro de demande : il a 8 caractères, comme V7KM-4T9R");
    };
    let story = client.get(&format!("/requests/{reference}/explain")).await?;
    for line in story["lines"].as_array().into_iter().flatten() {
        println!("{}", line.as_str().unwrap_or_default());
    }
    Ok(())
}
