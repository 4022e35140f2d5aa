//! The same rows in one bare transaction: pgbench, same server, same tables, same number of clients.

use std::io::Write;

use tokio::process::Command;

/// What taking in one request writes, with nothing around it.
const SCRIPT: &str = r"
\set n random(1, 9000000000000000)
BEGIN;
INSERT INTO intake.dedupe_keys (authority_id, channel, dedupe_key, content, outcome, request_id, interaction_id, reference, received_at)
VALUES (md5('valorme')::uuid, 'web', md5(:n::text || 'k'), md5(:n::text || 'c'), 'created', md5(:n::text || 'r')::uuid, md5(:n::text || 'i')::uuid, substr(md5(:n::text), 1, 16), 1795000000000);
INSERT INTO intake.parties (authority_id, id, name, name_folded, postal_address, created_at)
VALUES (md5('valorme')::uuid, md5(:n::text || 'p')::uuid, 'Usager', 'usager', '', 1795000000000);
INSERT INTO intake.contacts (authority_id, kind, value, seen_at) VALUES (md5('valorme')::uuid, 'email', md5(:n::text), 1795000000000);
INSERT INTO intake.party_contacts (authority_id, kind, value, party_id, shown)
VALUES (md5('valorme')::uuid, 'email', md5(:n::text), md5(:n::text || 'p')::uuid, md5(:n::text));
INSERT INTO intake.requests (authority_id, id, authority, reference, channel, nature, procedure_code, confidence_permille, classified_by,
  reasons, subject, party_id, requester_name, requester_email, requester_phone, postal_address, language, site, identity_verified,
  shared_contact, hint, danger, received_at, last_interaction_at, search_text, work_state, work_version, department, state_since,
  forwarded_to, confidential)
VALUES (md5('valorme')::uuid, md5(:n::text || 'r')::uuid, 'valorme', substr(md5(:n::text), 1, 16), 'web', 'request', 'voirie', 1000, 'form',
  '[]', 'Nid-de-poule rue des Ormes', md5(:n::text || 'p')::uuid, 'Usager', 'u@citoyen.example', '', '', 'fr', '', false, false, '', false,
  1795000000000, 1795000000000, 'nid de poule rue des ormes devant le 4 un trou de 30 cm depuis lundi usager', 'received', 0, '', 1795000000000, '', false);
INSERT INTO intake.interactions (authority_id, id, request_id, kind, channel, party_id, author_name, author_email, subject, new_text,
  occurred_at, recorded_at, truncated, sender_verified, message_id, site)
VALUES (md5('valorme')::uuid, md5(:n::text || 'i')::uuid, md5(:n::text || 'r')::uuid, 'message', 'web', md5(:n::text || 'p')::uuid, 'Usager',
  'u@citoyen.example', 'Nid-de-poule rue des Ormes', 'Devant le 4, un trou de 30 cm depuis lundi.', 1795000000000, 1795000000000, false, false, '', '');
INSERT INTO intake.outbox (id, name, version, authority_id, request_id, occurred_at, data)
VALUES (md5(:n::text || 'e')::uuid, 'bench.row', 1, md5('valorme')::uuid, md5(:n::text || 'r')::uuid, 1795000000000,
  repeat('x', 320));
COMMIT;
";

/// Returns the transactions committed a second.
///
/// The rows stay in the product's database: their outbox rows carry a name no consumer knows.
pub(crate) async fn rate(database: &str, clients: usize, seconds: u64) -> f64 {
    let mut script = tempfile::NamedTempFile::new().expect("the temporary folder can be written");
    script.write_all(SCRIPT.as_bytes()).expect("writes");
    let output = Command::new(guichet_testkit::postgres_program("pgbench"))
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
        .arg(format!("--client={clients}"))
        .arg(format!("--time={seconds}"))
        .arg("--file")
        .arg(script.path())
        .arg(database)
        .output()
        .await
        .expect("pgbench starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok());
    rate.unwrap_or_else(|| panic!("pgbench says: {text}{}", String::from_utf8_lossy(&output.stderr)))
}
