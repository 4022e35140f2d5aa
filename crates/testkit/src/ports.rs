//! Loopback ports for servers that tests start.

use std::fs::File;
use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// First port handed out: above the well-known services, below the range from which systems take the ports of
/// outgoing connections, so that no client socket can sit on a port between its choice and its use.
const FIRST: u32 = 20_000;
/// Number of ports in the range.
const COUNT: u32 = 12_000;
/// Processes started one after the other begin far apart: a prime step over the range.
const STRIDE: u32 = 4_093;

/// The claims of this process, which end with it.
static CLAIMS: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// Returns a loopback TCP port that nothing listens on, and that no test process was given before: each port is claimed
/// by a lock on a file of its number, so that nobody else tries it between its choice and its use.
///
/// # Panics
/// When the whole range is taken, or the machine's temporary folder cannot be written.
#[must_use]
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_mul(STRIDE);
    for _ in 0..COUNT {
        let offset = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = u16::try_from(FIRST + offset).expect("the range ends below 65536");
        let Some(claim) = claim(port) else { continue };
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            CLAIMS.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(claim);
            return port;
        }
    }
    panic!("no free loopback port between {FIRST} and {}", FIRST + COUNT);
}

fn claim(port: u16) -> Option<File> {
    let folder = std::env::temp_dir().join("guichet-test-ports");
    std::fs::create_dir_all(&folder).expect("the temporary folder of the machine is writable");
    let file = File::create(folder.join(port.to_string())).ok()?;
    file.try_lock().ok()?;
    Some(file)
}
