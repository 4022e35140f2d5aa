//! What blobs must hold.

use super::*;
use guichet_core::{ManualClock, SeededRng, SystemClock};

async fn open(folder: &Path) -> FileBlobs {
    FileBlobs::open(folder.to_owned(), Arc::new(SystemClock), Arc::new(SeededRng::new(1))).await.expect("a folder")
}

#[tokio::test]
async fn a_content_is_read_back_by_its_hash_and_nothing_temporary_remains() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let blobs = open(folder.path()).await;
    let sha256 = blobs.put("valorme", Arc::new(b"%PDF".to_vec())).await.expect("room");
    assert_eq!(sha256, sha256_hex(b"%PDF"));
    assert_eq!(blobs.put("valorme", Arc::new(b"%PDF".to_vec())).await.expect("again"), sha256);
    let name = BlobName { authority: "valorme", sha256: &sha256 };
    assert_eq!(blobs.get(name).await.expect("readable").as_deref(), Some(&b"%PDF"[..]));
    assert_eq!(
        blobs.get(BlobName { authority: "orvance", ..name }).await.expect("readable"),
        None,
        "apart by authority"
    );
    assert_eq!(std::fs::read_dir(folder.path().join(TEMPORARY)).expect("readable").count(), 0);
}

#[tokio::test]
async fn names_that_would_leave_the_folder_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let blobs = open(folder.path()).await;
    for (authority, sha256) in
        [("..", "a"), ("valorme", "../../etc/passwd"), ("tmp", &"a".repeat(64)), ("", &"a".repeat(64))]
    {
        let refused = blobs.get(BlobName { authority, sha256 }).await;
        assert!(matches!(refused, Err(BlobError::Name)), "{authority} {sha256}");
    }
}

#[tokio::test]
async fn what_an_earlier_process_left_unfinished_is_swept_at_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    open(folder.path()).await;
    let half = folder.path().join(TEMPORARY).join("half");
    std::fs::write(&half, "half").expect("writable");
    let file = std::fs::File::options().write(true).open(&half).expect("there");
    file.set_modified(system_time(SystemClock.now().plus_millis(-2 * UNFINISHED_MS))).expect("settable");
    open(folder.path()).await;
    assert!(!half.exists());
}

#[tokio::test]
async fn a_blob_set_aside_can_be_put_back_and_is_deleted_a_day_later() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clock = ManualClock::at(SystemClock.now());
    let blobs = FileBlobs::open(folder.path().to_owned(), Arc::new(clock.clone()), Arc::new(SeededRng::new(1)));
    let blobs = blobs.await.expect("a folder");
    let sha256 = blobs.put("valorme", Arc::new(b"orphan".to_vec())).await.expect("room");
    let name = BlobName { authority: "valorme", sha256: &sha256 };
    let day = 86_400_000;
    clock.advance_millis(2 * day);
    let older = (Timestamp::default(), clock.now().plus_millis(-day));
    assert_eq!(blobs.touched("valorme", older).await.expect("readable"), std::slice::from_ref(&sha256));
    blobs.trash(name).await.expect("set aside");
    blobs.restore(name).await.expect("put back");
    assert_eq!(blobs.renew(name).await.expect("there"), Some(6));
    assert!(blobs.touched("valorme", older).await.expect("readable").is_empty(), "as good as new");
    blobs.trash(name).await.expect("set aside");
    blobs.empty_trash(clock.now().plus_millis(1)).await.expect("emptied");
    blobs.restore(name).await.expect("nothing to put back");
    assert_eq!(blobs.get(name).await.expect("readable"), None);
}
