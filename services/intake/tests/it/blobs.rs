//! What blobs must hold wherever they are kept: in a folder, in SQLite, in PostgreSQL.

use std::sync::Arc;

use guichet_core::{Clock, ManualClock, SeededRng, SystemClock, Timestamp};
use guichet_intake::store::blobs::{self, BlobError, BlobName, BlobPlace, Blobs, Window};
use tempfile::TempDir;

use crate::desk::open;

const DAY_MS: i64 = 86_400_000;

/// A place of blobs, and its clock.
struct Place {
    blobs: Arc<dyn Blobs>,
    clock: ManualClock,
    /// Holds the folder, or the database's.
    _folder: TempDir,
}

impl Place {
    async fn new(place: &BlobPlace, url: String, folder: TempDir) -> Self {
        let clock = ManualClock::at(SystemClock.now());
        let db = open(url, "intake", guichet_intake::migrations()).await;
        let blobs = blobs::open(place, &db, Arc::new(clock.clone()), Arc::new(SeededRng::new(1))).await;
        Self { blobs: blobs.expect("blobs open"), clock, _folder: folder }
    }

    async fn put(&self, content: &[u8]) -> String {
        self.blobs.put("valorme", Arc::new(content.to_vec())).await.expect("room")
    }

    async fn get(&self, sha256: &str) -> Option<Vec<u8>> {
        self.blobs.get(name(sha256)).await.expect("readable")
    }

    /// Returns what was not touched for a day.
    async fn untouched(&self) -> Vec<String> {
        let window = Window { from: Timestamp::default(), until: self.a_day_ago() };
        self.blobs.touched("valorme", window).await.expect("a list")
    }

    fn a_day_ago(&self) -> Timestamp {
        self.clock.now().plus_millis(-DAY_MS)
    }
}

fn name(sha256: &str) -> BlobName<'_> {
    BlobName { authority: "valorme", sha256 }
}

/// Lists rules, each held by every place.
macro_rules! everywhere {
    ($($name:ident),+ $(,)?) => {
        mod in_a_folder {
            $(#[tokio::test]
            async fn $name() { super::$name(super::in_a_folder().await).await; })+
        }
        mod in_sqlite {
            $(#[tokio::test]
            async fn $name() { super::$name(super::in_sqlite().await).await; })+
        }
        mod in_postgres {
            $(#[tokio::test]
            async fn $name() { super::$name(super::in_postgres().await).await; })+
        }
    };
}

async fn in_a_folder() -> Place {
    let folder = guichet_testkit::temp_dir();
    let (url, place) = (format!("sqlite:{}", folder.path().display()), BlobPlace::Folder(folder.path().join("blobs")));
    Place::new(&place, url, folder).await
}

async fn in_sqlite() -> Place {
    let folder = guichet_testkit::temp_dir();
    Place::new(&BlobPlace::Database, format!("sqlite:{}", folder.path().display()), folder).await
}

async fn in_postgres() -> Place {
    let database = guichet_testkit::postgres().await.database().await;
    Place::new(&BlobPlace::Database, database, guichet_testkit::temp_dir()).await
}

async fn a_content_of_any_size_is_read_back_by_its_hash(place: Place) {
    let large: Vec<u8> = (0..2_500_000_u32).map(|place| (place % 251) as u8).collect();
    for content in [&b""[..], b"%PDF", &large] {
        let sha256 = place.put(content).await;
        assert_eq!(place.put(content).await, sha256, "twice the same is one");
        assert!(place.get(&sha256).await.as_deref() == Some(content), "{} octets", content.len());
        assert_eq!(place.blobs.renew(name(&sha256)).await.expect("there"), Some(content.len() as u64));
        let elsewhere = BlobName { authority: "orvance", sha256: &sha256 };
        assert_eq!(place.blobs.get(elsewhere).await.expect("readable"), None, "apart by authority");
    }
    let pdf = place.put(b"%PDF").await;
    assert_eq!(pdf, "315d429b7714cedb6ad04ac31240145257692630457f3c88253c5beceac76027");
}

async fn what_is_no_hash_names_nothing(place: Place) {
    for sha256 in ["", "a", "../../etc/passwd", &"A".repeat(64)] {
        assert!(matches!(place.blobs.get(name(sha256)).await, Err(BlobError::Name)), "{sha256}");
        assert!(matches!(place.blobs.renew(name(sha256)).await, Err(BlobError::Name)), "{sha256}");
    }
    let unknown = "0".repeat(64);
    assert_eq!(place.get(&unknown).await, None);
    assert_eq!(place.blobs.renew(name(&unknown)).await.expect("an answer"), None);
}

async fn the_same_content_may_come_twice_at_once(place: Place) {
    let content = Arc::new(vec![7; 1_500_000]);
    let put = || place.blobs.put("valorme", Arc::clone(&content));
    let (one, other, third) = tokio::join!(put(), put(), put());
    let sha256 = one.expect("kept");
    assert_eq!((other.expect("kept"), third.expect("kept")), (sha256.clone(), sha256.clone()));
    assert!(place.get(&sha256).await.as_ref() == Some(&*content));
}

async fn a_blob_set_aside_can_be_put_back_and_is_deleted_a_day_later(place: Place) {
    let sha256 = place.put(b"orphan").await;
    assert!(place.untouched().await.is_empty(), "it has just come");
    place.clock.advance_millis(2 * DAY_MS);
    assert_eq!(place.untouched().await, std::slice::from_ref(&sha256));
    assert!(place.blobs.trash(name(&sha256), place.a_day_ago()).await.expect("set aside"));
    assert_eq!((place.get(&sha256).await, place.untouched().await), (None, Vec::new()));
    place.blobs.restore(name(&sha256)).await.expect("put back");
    assert_eq!(place.blobs.renew(name(&sha256)).await.expect("there"), Some(6));
    assert!(place.untouched().await.is_empty(), "as good as new");
    place.clock.advance_millis(2 * DAY_MS);
    assert!(place.blobs.trash(name(&sha256), place.a_day_ago()).await.expect("set aside"));
    place.blobs.empty_trash(place.a_day_ago()).await.expect("emptied");
    place.blobs.restore(name(&sha256)).await.expect("put back");
    assert!(place.get(&sha256).await.is_some(), "it was set aside a moment ago");
    let soon = place.clock.now().plus_millis(1);
    assert!(place.blobs.trash(name(&sha256), soon).await.expect("set aside"));
    place.blobs.empty_trash(soon).await.expect("emptied");
    place.blobs.restore(name(&sha256)).await.expect("nothing to put back");
    assert_eq!(place.get(&sha256).await, None);
}

async fn a_blob_that_is_brought_again_is_not_set_aside(place: Place) {
    let sha256 = place.put(b"again").await;
    place.clock.advance_millis(2 * DAY_MS);
    assert_eq!(place.untouched().await, std::slice::from_ref(&sha256));
    place.put(b"again").await;
    assert!(!place.blobs.trash(name(&sha256), place.a_day_ago()).await.expect("an answer"));
    assert!(place.get(&sha256).await.is_some());
    place.clock.advance_millis(2 * DAY_MS);
    assert!(place.blobs.trash(name(&sha256), place.a_day_ago()).await.expect("set aside"));
    place.put(b"again").await;
    place.blobs.empty_trash(place.clock.now().plus_millis(1)).await.expect("emptied");
    assert!(place.get(&sha256).await.is_some(), "it came while the old copy was set aside");
}

everywhere! {
    a_content_of_any_size_is_read_back_by_its_hash,
    what_is_no_hash_names_nothing,
    the_same_content_may_come_twice_at_once,
    a_blob_set_aside_can_be_put_back_and_is_deleted_a_day_later,
    a_blob_that_is_brought_again_is_not_set_aside,
}
