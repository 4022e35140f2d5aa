//! One conformance suite, both back-ends, PostgreSQL behind a pooler in transaction mode too: every behaviour the services count
//! on, under its own name.

use guichet_core::{ManualClock, SeededRng, Timestamp, id};
use guichet_db::{Db, DbOptions, Error, Migration, Migrations, Pooling, SchemaState, Sql, args};
use guichet_testkit::PgBouncer;
use tempfile::TempDir;

/// A database of its own for one test.
struct Fixture {
    db: Db,
    options: DbOptions,
    _folder: Option<TempDir>,
    _pooler: Option<PgBouncer>,
}

fn schema() -> Migrations {
    Migrations::new(vec![Migration {
        version: 1001,
        name: "things",
        sqlite: "CREATE TABLE things (id BLOB PRIMARY KEY, count INTEGER NOT NULL CHECK (count >= 0), name TEXT,
                 data BLOB, open INTEGER NOT NULL, seen_at INTEGER);
                 CREATE TABLE parts (id BLOB PRIMARY KEY, thing_id BLOB NOT NULL REFERENCES things (id));",
        postgres: "CREATE TABLE things (id UUID PRIMARY KEY, count BIGINT NOT NULL CHECK (count >= 0), name TEXT,
                   data BYTEA, open BOOLEAN NOT NULL, seen_at BIGINT);
                   CREATE TABLE parts (id UUID PRIMARY KEY, thing_id UUID NOT NULL REFERENCES things (id));",
    }])
}

async fn sqlite() -> Fixture {
    let folder = guichet_testkit::temp_dir();
    let options = DbOptions::new(format!("sqlite:{}", folder.path().display()), "things");
    let db = Db::open(&options).await.expect("a new file opens");
    db.migrate(&schema()).await.expect("the schema applies");
    Fixture { db, options, _folder: Some(folder), _pooler: None }
}

async fn postgres() -> Fixture {
    let options = DbOptions::new(guichet_testkit::postgres().await.database().await, "things");
    let db = Db::open(&options).await.expect("the address is right");
    db.migrate(&schema()).await.expect("the schema applies");
    Fixture { db, options, _folder: None, _pooler: None }
}

/// The same database, migrated directly and used through a PgBouncer in transaction mode.
async fn pooled() -> Fixture {
    let direct = postgres().await;
    let pooler = guichet_testkit::pgbouncer(&direct.options.url).await;
    let url = pooler.url_of(&direct.options.url);
    let options = DbOptions { url, pooling: Pooling::Transaction, ..direct.options };
    let db = Db::open(&options).await.expect("the address is right");
    Fixture { db, options, _folder: None, _pooler: Some(pooler) }
}

macro_rules! on_both {
    ($($name:ident,)+) => {
        mod on_sqlite { $(#[tokio::test] async fn $name() { super::$name(super::sqlite().await).await; })+ }
        mod on_postgres { $(#[tokio::test] async fn $name() { super::$name(super::postgres().await).await; })+ }
    };
}

/// Migrations need a session of their own: they never pass through a pooler.
macro_rules! everywhere {
    ($($name:ident,)+) => {
        on_both! { $($name,)+ }
        mod behind_a_pooler { $(#[tokio::test] async fn $name() { super::$name(super::pooled().await).await; })+ }
    };
}

everywhere! {
    every_kind_of_value_comes_back_as_it_went_in,
    nulls_are_typed_and_read_as_none,
    a_dropped_transaction_leaves_nothing,
    a_committed_change_is_seen_outside,
    a_transaction_that_the_database_ended_by_itself_is_followed_by_another,
    a_conflict_is_handled_without_an_error,
    a_broken_constraint_is_a_statement_error,
    foreign_keys_hold,
    a_list_of_values_stands_for_in,
    a_column_of_the_wrong_kind_is_corrupt_not_a_panic,
    writers_wait_for_each_other_and_no_increment_is_lost,
    reads_side_by_side_each_get_their_own_answer,
    the_dialect_picks_its_own_text,
}

mod migrations {
    use super::{a_schema_that_lacks_a_step_is_behind_and_a_newer_one_is_ready, migrating_twice_changes_nothing};
    use super::{postgres, sqlite};

    on_both! {
    migrating_twice_changes_nothing,
    a_schema_that_lacks_a_step_is_behind_and_a_newer_one_is_ready,
    }
}

const INSERT: &str = "INSERT INTO things (id, count, name, data, open, seen_at) VALUES ($1, $2, $3, $4, $5, $6)";
const FIND: &str = "SELECT id, count, name, data, open, seen_at FROM things WHERE id = $1";

fn arbitrary_id(seed: u64) -> id::EventId {
    let clock = ManualClock::at(Timestamp::from_millis(1_795_000_000_000));
    id::EventId::new(&clock, &SeededRng::new(seed))
}

async fn insert(db: &Db, thing: id::EventId, count: i64) {
    let mut tx = db.begin().await.expect("begins");
    tx.execute(INSERT, args![thing, count, "une clé", vec![0_u8, 255], true, Timestamp::from_millis(5)])
        .await
        .expect("inserts");
    tx.commit().await.expect("commits");
}

async fn every_kind_of_value_comes_back_as_it_went_in(f: Fixture) {
    let thing = arbitrary_id(1);
    insert(&f.db, thing, i64::MAX).await;
    let row = f.db.fetch_optional(FIND, args![thing]).await.expect("reads").expect("is there");
    assert_eq!(row.get::<id::EventId>("id").expect("id"), thing);
    assert_eq!(row.get::<i64>("count").expect("count"), i64::MAX);
    assert_eq!(row.get::<String>("name").expect("name"), "une clé");
    assert_eq!(row.get::<Vec<u8>>("data").expect("data"), vec![0, 255]);
    assert!(row.get::<bool>("open").expect("open"));
    assert_eq!(row.get::<Timestamp>("seen_at").expect("seen_at"), Timestamp::from_millis(5));
}

async fn nulls_are_typed_and_read_as_none(f: Fixture) {
    let thing = arbitrary_id(1);
    let mut tx = f.db.begin().await.expect("begins");
    let nothing = args![thing, 0_i64, None::<&str>, None::<Vec<u8>>, false, None::<Timestamp>];
    tx.execute(INSERT, nothing).await.expect("inserts");
    let row = tx.fetch_optional(FIND, args![thing]).await.expect("reads").expect("is there");
    assert_eq!(row.get::<Option<String>>("name").expect("name"), None);
    assert_eq!(row.get::<Option<Vec<u8>>>("data").expect("data"), None);
    assert_eq!(row.get::<Option<Timestamp>>("seen_at").expect("seen_at"), None);
}

async fn a_dropped_transaction_leaves_nothing(f: Fixture) {
    let thing = arbitrary_id(1);
    let mut tx = f.db.begin().await.expect("begins");
    tx.execute(INSERT, args![thing, 1_i64, "x", vec![1_u8], true, 1_i64]).await.expect("inserts");
    drop(tx);
    assert!(f.db.fetch_optional(FIND, args![thing]).await.expect("reads").is_none());
}

async fn a_committed_change_is_seen_outside(f: Fixture) {
    let thing = arbitrary_id(1);
    insert(&f.db, thing, 1).await;
    let mut tx = f.db.begin().await.expect("begins");
    let changed = tx.execute("UPDATE things SET count = count + 1 WHERE id = $1", args![thing]).await.expect("updates");
    tx.commit().await.expect("commits");
    let row = f.db.fetch_optional(FIND, args![thing]).await.expect("reads").expect("is there");
    assert_eq!((changed, row.get::<i64>("count").expect("count")), (1, 2));
}

async fn a_transaction_that_the_database_ended_by_itself_is_followed_by_another(f: Fixture) {
    let mut tx = f.db.begin().await.expect("begins");
    // As SQLite does when the disk is full.
    tx.execute("ROLLBACK", args![]).await.expect("ends");
    drop(tx);
    insert(&f.db, arbitrary_id(1), 1).await;
    assert!(f.db.fetch_optional(FIND, args![arbitrary_id(1)]).await.expect("reads").is_some());
}

async fn a_conflict_is_handled_without_an_error(f: Fixture) {
    let thing = arbitrary_id(1);
    insert(&f.db, thing, 1).await;
    let mut tx = f.db.begin().await.expect("begins");
    let again = tx
        .fetch_optional(
            "INSERT INTO things (id, count, open) VALUES ($1, 7, $2) ON CONFLICT (id) DO NOTHING RETURNING count",
            args![thing, true],
        )
        .await
        .expect("the conflict is no error");
    assert!(again.is_none());
    tx.execute("DELETE FROM things WHERE id = $1", args![thing]).await.expect("the transaction still lives");
}

async fn a_broken_constraint_is_a_statement_error(f: Fixture) {
    let mut tx = f.db.begin().await.expect("begins");
    let error = tx.execute(INSERT, args![arbitrary_id(1), -1_i64, "x", vec![1_u8], true, 1_i64]).await;
    assert!(matches!(error, Err(Error::Statement(_))), "{error:?}");
}

async fn foreign_keys_hold(f: Fixture) {
    let mut tx = f.db.begin().await.expect("begins");
    let error =
        tx.execute("INSERT INTO parts (id, thing_id) VALUES ($1, $2)", args![arbitrary_id(1), arbitrary_id(2)]).await;
    assert!(matches!(error, Err(Error::Statement(_))), "{error:?}");
}

async fn a_list_of_values_stands_for_in(f: Fixture) {
    for seed in 1..=3 {
        insert(&f.db, arbitrary_id(seed), i64::try_from(seed).expect("small")).await;
    }
    let sql = "SELECT count FROM things WHERE open = $1 AND id IN ({in}) ORDER BY count";
    let rows = f.db.fetch_all_in(sql, args![true], args![arbitrary_id(1), arbitrary_id(3)]).await.expect("reads");
    let counts: Vec<i64> = rows.iter().map(|row| row.get("count").expect("count")).collect();
    assert_eq!(counts, [1, 3]);
    assert!(
        f.db.fetch_all_in(sql, args![true], args![]).await.expect("reads").is_empty(),
        "an empty list finds nothing"
    );
}

async fn a_column_of_the_wrong_kind_is_corrupt_not_a_panic(f: Fixture) {
    insert(&f.db, arbitrary_id(1), 300).await;
    let row = f.db.fetch_optional(FIND, args![arbitrary_id(1)]).await.expect("reads").expect("is there");
    assert!(matches!(row.get::<i64>("name"), Err(Error::Corrupt { column: "name", .. })));
    assert!(matches!(row.get::<u8>("count"), Err(Error::Corrupt { column: "count", .. })), "300 is no u8");
    assert!(matches!(row.get::<i64>("colour"), Err(Error::Corrupt { column: "colour", .. })));
}

async fn writers_wait_for_each_other_and_no_increment_is_lost(f: Fixture) {
    const WRITERS: i64 = 8;
    const TURNS: i64 = 20;
    let thing = arbitrary_id(1);
    insert(&f.db, thing, 0).await;
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        let db = f.db.clone();
        writers.spawn(async move {
            for _ in 0..TURNS {
                let mut tx = db.begin().await.expect("begins");
                tx.execute("UPDATE things SET count = count + 1 WHERE id = $1", args![thing]).await.expect("updates");
                tx.commit().await.expect("commits");
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.expect("no writer panics");
    }
    let row = f.db.fetch_optional(FIND, args![thing]).await.expect("reads").expect("is there");
    assert_eq!(row.get::<i64>("count").expect("count"), WRITERS * TURNS);
}

async fn reads_side_by_side_each_get_their_own_answer(f: Fixture) {
    const READERS: i64 = 8;
    const TURNS: i64 = 40;
    let mut readers = tokio::task::JoinSet::new();
    for reader in 0..READERS {
        let db = f.db.clone();
        readers.spawn(async move {
            for turn in 0..TURNS {
                // Two texts by turns: a statement that another client left in the session would answer the wrong one.
                let sql = if turn % 2 == 0 { "SELECT $1 + 1000 AS value" } else { "SELECT $1 - 1000 AS value" };
                let row = db.fetch_optional(sql, args![reader]).await.expect("reads").expect("one row");
                let expected = if turn % 2 == 0 { reader + 1000 } else { reader - 1000 };
                assert_eq!(row.get::<i64>("value").expect("a number"), expected);
            }
        });
    }
    while let Some(done) = readers.join_next().await {
        done.expect("no reader panics");
    }
}

async fn migrating_twice_changes_nothing(f: Fixture) {
    insert(&f.db, arbitrary_id(1), 1).await;
    f.db.migrate(&schema()).await.expect("applies again");
    assert!(f.db.fetch_optional(FIND, args![arbitrary_id(1)]).await.expect("reads").is_some());
}

async fn a_schema_that_lacks_a_step_is_behind_and_a_newer_one_is_ready(f: Fixture) {
    let text = "CREATE TABLE more (id BIGINT)";
    let newer =
        schema().with(&Migrations::new(vec![Migration { version: 1002, name: "more", sqlite: text, postgres: text }]));
    assert_eq!(f.db.schema_state(&newer).await.expect("reads"), SchemaState::Behind);
    f.db.migrate(&newer).await.expect("applies");
    assert_eq!(f.db.schema_state(&newer).await.expect("reads"), SchemaState::Ready);
    assert_eq!(f.db.schema_state(&schema()).await.expect("reads"), SchemaState::Ready, "an older program goes on");
    let other = Db::open(&f.options).await.expect("opens beside");
    assert_eq!(other.schema_state(&schema()).await.expect("reads"), SchemaState::Ready);
}

async fn the_dialect_picks_its_own_text(f: Fixture) {
    let sql = Sql::by_dialect("SELECT 'sqlite' AS name", "SELECT 'postgres' AS name");
    let row = f.db.fetch_optional(sql, args![]).await.expect("reads").expect("one row");
    let name: String = row.get("name").expect("name");
    assert_eq!(name.to_lowercase(), format!("{:?}", f.db.dialect()).to_lowercase());
}

#[tokio::test]
async fn a_session_that_is_only_lent_migrates_nothing() {
    let f = pooled().await;
    let error = f.db.migrate(&schema()).await.expect_err("refused");
    assert!(matches!(error, Error::Migration(_)), "{error:?}");
}

#[tokio::test]
async fn a_role_that_makes_no_schema_migrates_the_one_it_was_given() {
    let server = guichet_testkit::postgres().await;
    let url = server.database().await;
    let role = format!("migrator_{}", std::process::id());
    let given = format!("CREATE ROLE {role} LOGIN; CREATE SCHEMA things AUTHORIZATION {role}");
    server.query(&url, &given).await;
    let own = url.replace("postgres@", &format!("{role}@"));
    let migrated = async {
        let db = Db::open(&DbOptions::new(own.clone(), "things")).await.expect("the address is right");
        let migrated = db.migrate(&schema()).await;
        db.close().await;
        // Without a schema of its own it still asks, and is refused.
        let db = Db::open(&DbOptions::new(own, "others")).await.expect("the address is right");
        let refused = db.migrate(&schema()).await;
        db.close().await;
        (migrated, refused)
    };
    let (migrated, refused) = migrated.await;
    server.query(&url, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    migrated.expect("the schema is there already");
    assert!(matches!(refused, Err(Error::Migration(_))), "{refused:?}");
}

#[tokio::test]
async fn an_address_of_another_kind_is_refused_without_its_password() {
    let error = Db::open(&DbOptions::new("mysql://root:secret@db/guichet", "things")).await.expect_err("refused");
    let text = error.to_string();
    assert!(text.contains("mysql://…@db/guichet") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable() {
    let url = format!("postgres://nobody@127.0.0.1:{}/none", guichet_testkit::free_port());
    let db = Db::open(&DbOptions::new(url, "things")).await.expect("opening asks nothing");
    let error = db.ping().await.expect_err("nobody answers");
    assert!(error.is_unavailable(), "{error:?}");
}
