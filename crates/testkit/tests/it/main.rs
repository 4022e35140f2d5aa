//! The kit against the real servers.

mod tcp_proxy;

use std::time::Duration;

use guichet_testkit::{free_port, postgres, postgres_program, private_postgres, python, redis, wait_for, wait_until};

const DEADLINE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn each_database_is_empty_and_separate() {
    let server = postgres().await;
    let (first, second) = (server.database().await, server.database().await);
    server.query(&first, "CREATE TABLE t (id INT)").await;
    assert_ne!(first, second);
    assert_eq!(server.query(&second, "SELECT count(*) FROM pg_tables WHERE tablename = 't'").await.trim(), "0");
}

#[tokio::test]
async fn a_database_that_a_test_has_left_is_used_again_and_is_empty() {
    /// No process has this number: Linux counts to 4,194,304.
    const LEFT: &str = "t_4194305_1";
    let server = private_postgres().await;
    let first = server.database().await;
    server.query(&first, &format!("CREATE DATABASE {LEFT}")).await;
    let left = first.replace(first.rsplit('/').next().expect("a name"), LEFT);
    server.query(&left, "CREATE SCHEMA intake CREATE TABLE t (id INT)").await;
    server.query(&left, "CREATE TABLE public.t (id INT)").await;
    let second = server.database().await;
    let tables = "SELECT count(*) FROM pg_tables WHERE tablename = 't'";
    assert_eq!(server.query(&second, tables).await.trim(), "0");
    let names = server.query(&first, "SELECT count(*) FROM pg_database WHERE datname LIKE 't\\_%'").await;
    assert_eq!(names.trim(), "2", "the one that was left has a new name");
    server.query(&second, "CREATE TABLE t (id INT)").await;
}

#[tokio::test]
async fn the_shared_server_is_durable() {
    let server = postgres().await;
    let url = server.database().await;
    assert_eq!(server.query(&url, "SHOW fsync").await.trim(), "on");
    assert_eq!(server.query(&url, "SHOW synchronous_commit").await.trim(), "on");
}

#[tokio::test]
async fn a_private_server_keeps_committed_rows_over_a_crash_and_ends_with_its_owner() {
    let server = private_postgres().await;
    let url = server.database().await;
    server.query(&url, "CREATE TABLE t AS SELECT 7 AS id").await;
    server.restart().await;
    server.crash().await;
    server.start().await;
    assert_eq!(server.query(&url, "SELECT id FROM t").await.trim(), "7");
    let pid = server.query(&url, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'").await;
    drop(server);
    let process = std::path::Path::new("/proc").join(pid.trim());
    wait_until(DEADLINE, async || !process.exists()).await;
}

#[tokio::test]
async fn a_standby_has_whatever_was_committed_and_takes_over() {
    let server = private_postgres().await;
    let url = server.database().await;
    let standby = server.standby().await;
    server.query(&url, "CREATE TABLE t AS SELECT 7 AS id").await;
    server.crash().await;
    let url = standby.address_of(&url);
    assert_eq!(standby.query(&url, "SHOW transaction_read_only").await.trim(), "on");
    standby.promote().await;
    standby.query(&url, "INSERT INTO t VALUES (8)").await;
    assert_eq!(standby.query(&url, "SELECT max(id) FROM t").await.trim(), "8");
}

#[tokio::test]
async fn a_redis_server_forgets_when_flushed_and_comes_back_on_its_port() {
    let (first, second) = (redis().await, redis().await);
    assert_ne!(first.url, second.url);
    first.flushall().await;
    first.restart().await;
    first.flushall().await;
}

#[tokio::test]
async fn ports_are_free_and_given_once() {
    let ports: std::collections::BTreeSet<u16> = (0..50).map(|_| free_port()).collect();
    assert_eq!(ports.len(), 50);
}

#[tokio::test]
async fn a_wait_returns_the_value_found() {
    let mut looks = 0;
    let found = wait_for(DEADLINE, async || {
        looks += 1;
        (looks == 3).then_some("there")
    })
    .await;
    assert_eq!((found, looks), ("there", 3));
}

#[tokio::test]
#[should_panic(expected = "did not hold within")]
async fn a_wait_past_its_deadline_fails_with_the_callers_line() {
    wait_until(Duration::from_millis(30), async || false).await;
}

#[test]
fn the_programs_that_tests_launch_are_found() {
    assert!(python().is_file());
    assert!(postgres_program("pgbench").is_file());
}
