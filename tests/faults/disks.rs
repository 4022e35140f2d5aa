//! A disk that is full (row F21): what cannot be kept is refused, and taken again once there is room.

use std::io::Write;
use std::time::{Duration, Instant};

use guichet_tests::load::{Allowed, pass};
use guichet_tests::mail::Outgoing;
use guichet_tests::{Guichet, PATIENCE};

use crate::trial::{Trial, tell};

/// Requests a second.
const RATE: u32 = 6;
/// Room for everything a trial keeps, and little more.
const DISK_OCTETS: u64 = 96 * 1024 * 1024;
const PHASE: Duration = Duration::from_secs(7);
/// Mails tried: one while there is no room, again once there is.
const MAILS: usize = 1;

/// Takes all the room there is.
fn fill(file: &std::path::Path) {
    let mut filler = std::fs::File::create(file).expect("there is room for a name");
    for octets in [1024 * 1024, 4096, 1] {
        let chunk = vec![b'x'; octets];
        while filler.write_all(&chunk).is_ok() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_what_it_cannot_keep_and_takes_it_once_there_is_room() {
    let mut guichet = Guichet::start_on_a_disk_of(DISK_OCTETS, &[]).await;
    let process = guichet.process("all").id();
    let trial = Trial { rate: RATE, allowed: Allowed { others: MAILS, parked: 0 }, ..Trial::default() };
    let outcome = trial
        .during(&mut guichet, async |guichet| {
            pass(PHASE / 2).await;
            let filler = guichet.data_dir().join("filler");
            let mut freed_at = Instant::now();
            for _ in 0..2 {
                fill(&filler);
                pass(PHASE).await;
                let mail = Outgoing::new(guichet, "Awa <awa@citoyen.example>", "Un lampadaire", "Il ne brille plus.");
                let refusal = mail.send().await.expect_err("there is no room");
                assert!(refusal.contains("452") || refusal.contains("451"), "{refusal}");
                tell("F21", refusal.lines().last().unwrap_or_default(), "452");
                std::fs::remove_file(&filler).expect("it was made");
                freed_at = Instant::now();
            }
            let mail = Outgoing::new(guichet, "Awa <awa@citoyen.example>", "Un lampadaire", "Il ne brille plus.");
            let mut refusal = String::new();
            while let Err(refused) = mail.send().await
                && freed_at.elapsed() < PATIENCE
            {
                refusal = refused;
            }
            let seen = format!("mail is taken {} ms after there is room again", freed_at.elapsed().as_millis());
            assert!(freed_at.elapsed() < PATIENCE, "{refusal}\n{}", guichet.logs());
            tell("F21", &seen, "resumes by itself");
        })
        .await;
    let refused: Vec<u16> = outcome.sent.iter().flat_map(|one| &one.refused).map(|refusal| refusal.status).collect();
    let full = refused.iter().filter(|status| **status == 507).count();
    let seen = format!("{full} of {} refusals without room were 507, the others 503, 0 restarts", refused.len());
    tell("F21", &seen, "507, resumes by itself");
    let honest = refused.iter().all(|status| matches!(*status, 503 | 507));
    assert!(honest && 10 * full >= 9 * refused.len(), "{refused:?}\n{}", guichet.logs());
    assert_eq!(guichet.process("all").id(), process);
}
