//! Signing in, keys, and what a publication changes for people.

use guichet_core::work::WorkState;
use guichet_proto::routing::v1 as proto;
use guichet_rpc::status::Problem;

use crate::desk::{Desk, agent_id};
use crate::town::{orvance, valorme};

async fn sign_in(desk: &Desk, login: &str, password: &str) -> Result<proto::Account, Problem> {
    let request = proto::SignInRequest { login: login.into(), password: password.into() };
    let answer = desk.directory().sign_in(request).await.map_err(|status| Problem::from(&status))?;
    Ok(answer.into_inner().account.expect("an account comes back"))
}

async fn an_agent_signs_in_and_a_stranger_learns_nothing(desk: Desk) {
    let desk = desk.opened().await;
    let account = sign_in(&desk, "Capucine.Trombone ", "demo").await.expect("the password is right");
    assert_eq!(
        (account.authority.as_str(), account.authorities.as_slice()),
        ("orvance", ["orvance", "valorme"].map(str::to_owned).as_slice())
    );
    let wrong = sign_in(&desk, "capucine.trombone", "Demo").await.expect_err("wrong password");
    assert_eq!(sign_in(&desk, "personne", "demo").await.expect_err("unknown login"), wrong);
    assert_eq!(wrong.code, "GU-RTG-002");
}

async fn an_agent_who_leaves_the_directory_loses_their_session_and_their_work_goes_on(desk: Desk) {
    let desk = desk.opened().await;
    let account = sign_in(&desk, "basile.tampon", "demo").await.expect("Basile signs in");
    let request = desk.receives("voirie").await;
    desk.is("capucine.trombone", proto::PresenceState::Away).await;
    desk.accepts("basile.tampon", request).await;
    desk.is("capucine.trombone", proto::PresenceState::Available).await;
    let mut town = valorme();
    town.agents.remove("basile.tampon");
    desk.publish(&[town], false).await;
    let check = proto::CheckSessionRequest { agent_id: account.agent_id, session_version: account.session_version };
    let over = Problem::from(&desk.directory().check_session(check).await.expect_err("the session is over"));
    assert_eq!(over.code, "GU-RTG-003");
    assert!(sign_in(&desk, "basile.tampon", "demo").await.is_err());
    desk.offer_to("capucine.trombone", request).await;
}

async fn publishing_keeps_passwords_sessions_and_presence(desk: Desk) {
    let desk = desk.opened().await;
    let account = sign_in(&desk, "aline.encre", "demo").await.expect("Aline signs in");
    desk.publish(&[valorme(), orvance()], false).await;
    let check = proto::CheckSessionRequest { agent_id: account.agent_id, session_version: account.session_version };
    let account =
        desk.directory().check_session(check).await.expect("the session stands").into_inner().account.expect("account");
    assert_eq!(account.presence(), proto::PresenceState::Available);
    sign_in(&desk, "aline.encre", "demo").await.expect("the password stands");
}

async fn directories_are_published_all_or_none(desk: Desk) {
    let good = serde_json::to_string(&valorme()).expect("a directory is JSON");
    let publish = |directories: Vec<String>| proto::PublishRequest { directories, ..proto::PublishRequest::default() };
    let refused =
        desk.directory().publish(publish(vec![good.clone(), "{}".into()])).await.expect_err("one is unreadable");
    assert_eq!(Problem::from(&refused).violations[0].pointer, "/directories/1");
    // A login is one person: the same one in two authorities would share one account.
    let mut thief = orvance();
    thief.agents.extend(valorme().agents);
    let both = vec![good, serde_json::to_string(&thief).expect("a directory is JSON")];
    desk.directory().publish(publish(both)).await.expect_err("a login is borrowed");
    let published = desk.directory().get(proto::GetRequest::default()).await.expect("directories").into_inner();
    assert!(published.directories.is_empty());
}

async fn a_key_is_recognised_and_only_its_digest_is_kept(desk: Desk) {
    let desk = desk.opened().await;
    let create = proto::CreateKeyRequest { authority: "valorme".into(), name: "borne d'accueil".into() };
    let key = desk.directory().create_key(create).await.expect("a key").into_inner().key;
    let check = proto::CheckKeyRequest { key: key.clone() };
    let account = desk.directory().check_key(check).await.expect("it is known").into_inner().account.expect("account");
    assert_eq!((account.role(), account.authority.as_str()), (proto::Role::Machine, "valorme"));
    let guess = proto::CheckKeyRequest { key: format!("{key}0") };
    desk.directory().check_key(guess).await.expect_err("a guess is refused");
}

async fn a_desk_of_which_nobody_is_present_keeps_what_arrives(desk: Desk) {
    desk.publish(&[valorme()], false).await;
    let request = desk.receives("acte").await;
    desk.becomes(request, WorkState::Queued).await;
    let list = proto::ListRequest { agent_id: agent_id("aline.encre"), ..proto::ListRequest::default() };
    let entries = desk.queue().list(list).await.expect("the queue").into_inner().entries;
    assert!(entries.len() == 1 && entries[0].takeable);
    desk.is("aline.encre", proto::PresenceState::Available).await;
    desk.offer_to("aline.encre", request).await;
}

crate::on_both_back_ends! {
    an_agent_signs_in_and_a_stranger_learns_nothing,
    an_agent_who_leaves_the_directory_loses_their_session_and_their_work_goes_on,
    publishing_keeps_passwords_sessions_and_presence,
    directories_are_published_all_or_none,
    a_key_is_recognised_and_only_its_digest_is_kept,
    a_desk_of_which_nobody_is_present_keeps_what_arrives,
}
