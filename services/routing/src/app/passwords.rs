//! Passwords: argon2id, off the async threads, at the same cost whether the login exists or not.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use super::Result;
use crate::error::Error;

/// Characters of a password: past it nobody typed one, and hashing it would be work for nothing.
pub(crate) const PASSWORD_CHARS_MAX: usize = 1_024;
/// Passwords hashed at a time: each takes 19 MiB and a core, whoever asks, and the queue must not pay for those who guess.
const HASHED_AT_A_TIME: usize = 4;
/// A hash of no password anybody has, with the parameters of the others: what an unknown login is checked against.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Z3VpY2hldC1ub2JvZHktc2FsdA$n3m0pIKXL2iYqX0yKQ1zT2u5t0Q9vF3eWm8cJ7hRk1c";

static TURNS: Semaphore = Semaphore::const_new(HASHED_AT_A_TIME);

/// Runs work on a password in its turn, which lasts until it is done even if nobody waits for it any more.
async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let turn = TURNS.acquire().await.expect("it is never closed");
    let worked = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    Ok(worked.await?)
}

/// Returns the hash of a password, as a PHC string.
pub(crate) async fn hash(password: String) -> Result<String> {
    let hashed = in_turn(move || Argon2::default().hash_password(password.as_bytes())).await?;
    Ok(hashed.map_err(Error::Hashing)?.to_string())
}

/// Returns whether the password is the one hashed; without a hash it is not, after the same work.
pub(crate) async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    let known = hash.is_some();
    let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
    let matches = in_turn(move || match PasswordHash::new(&hash) {
        Ok(parsed) => Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok(),
        Err(_) => false,
    });
    Ok(matches.await? && known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn however_many_guess_few_are_hashed_at_a_time() {
        let held = futures::future::join_all((0..HASHED_AT_A_TIME).map(|_| TURNS.acquire())).await;
        let mut guess = Box::pin(verify("demo".to_owned(), None));
        assert!(futures::poll!(&mut guess).is_pending(), "its turn has not come");
        assert_eq!(TURNS.available_permits(), 0);
        drop(held);
        assert!(!guess.await.expect("verifying works"));
    }

    #[tokio::test]
    async fn a_password_is_told_from_another_and_an_unknown_login_from_none() {
        let hashed = hash("demo".to_owned()).await.expect("hashing works");
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "the parameters of NOBODY: {hashed}");
        assert!(verify("demo".to_owned(), Some(hashed.clone())).await.expect("verifying works"));
        assert!(!verify("Demo".to_owned(), Some(hashed)).await.expect("verifying works"));
        assert!(!verify("demo".to_owned(), None).await.expect("verifying works"));
        assert!(PasswordHash::new(NOBODY).is_ok(), "an unknown login costs a real verification");
    }
}
