//! A newer program over what an older one kept.

use guichet_core::Timestamp;
use guichet_core::id::AuthorityId;
use guichet_db::{Db, DbOptions, Migration, Migrations, args};
use guichet_notification::domain::notice::{Medium, Notice};
use guichet_notification::domain::text::{Language, Source};
use guichet_notification::store::{TextVersion, TextVersions};

use crate::desk::AUTHORITY;

/// The schema before texts had versions.
fn before_versions() -> Migrations {
    let deliveries = Migration {
        version: 1001,
        name: "deliveries",
        sqlite: include_str!("../../migrations/sqlite/1001_deliveries.sql"),
        postgres: include_str!("../../migrations/postgres/1001_deliveries.sql"),
    };
    Migrations::new(vec![deliveries])
}

async fn a_text_kept_before_versions_is_its_first_one(url: &str) {
    let db = Db::open(&DbOptions::new(url, "notification")).await.expect("a database");
    db.migrate(&before_versions()).await.expect("the older schema");
    let (authority, at) = (AuthorityId::of_code(AUTHORITY), Timestamp::from_millis(1_795_430_400_000));
    let mut tx = db.begin().await.expect("a transaction");
    tx.execute(
        "INSERT INTO templates (authority_id, notice, medium, language, subject, body, updated_at)
        VALUES ($1, 'wait', 'sms', 'fr', '', 'Texte', $2)",
        args![authority, at],
    )
    .await
    .expect("kept");
    tx.commit().await.expect("committed");

    db.migrate(&guichet_notification::migrations()).await.expect("the newer schema");
    let key = (Notice::Wait, Medium::Sms, Language::French);
    let versions = TextVersions::list(&db, authority, key, 10).await.expect("storage answers");
    let source = Source { subject: String::new(), body: "Texte".to_owned() };
    assert_eq!(versions, [TextVersion { version: 1, at, agent_id: None, source, overridden: true }]);
    db.close().await;
}

mod sqlite {
    #[tokio::test]
    async fn a_text_kept_before_versions_is_its_first_one() {
        let folder = guichet_testkit::temp_dir();
        super::a_text_kept_before_versions_is_its_first_one(&format!("sqlite:{}", folder.path().display())).await;
    }
}

mod postgres {
    #[tokio::test]
    async fn a_text_kept_before_versions_is_its_first_one() {
        let url = guichet_testkit::postgres().await.database().await;
        super::a_text_kept_before_versions_is_its_first_one(&url).await;
    }
}
