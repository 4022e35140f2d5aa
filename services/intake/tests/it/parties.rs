//! Who is who.

use guichet_core::id::AgentId;
use guichet_proto::intake::v1 as proto;

use crate::desk::Desk;
use crate::forms::{arbitrary_form, submit};
use crate::scenarios;

async fn written_by(desk: &Desk, name: &str, email: &str, phone: &str) -> proto::ServiceRequest {
    let requester = proto::Requester {
        name: name.to_owned(),
        email: email.to_owned(),
        phone: phone.to_owned(),
        ..Default::default()
    };
    let form = proto::SubmitRequestRequest { requester: Some(requester), ..arbitrary_form() };
    desk.request(&submit(desk, form).await.expect("taken").id).await
}

fn party_of(request: &proto::ServiceRequest) -> String {
    request.summary.as_ref().expect("a summary").party_id.clone()
}

async fn found(desk: &Desk, q: &str) -> Vec<String> {
    let asked = proto::SearchPartiesRequest { authority: "valorme".to_owned(), q: q.to_owned(), limit: 5 };
    let answer = desk.client.clone().search_parties(asked).await.expect("the search answers").into_inner();
    answer.parties.into_iter().map(|party| party.name).collect()
}

async fn one_mailbox_for_two_people_stays_two_people(desk: Desk) {
    let remi = written_by(&desk, "Rémi Potager", "potager@example.fr", "").await;
    let solene = written_by(&desk, "Solène Potager", "potager@example.fr", "").await;
    let again = written_by(&desk, "POTAGER Rémi", "Potager@example.fr", "").await;
    assert_eq!((remi.shared_contact, solene.shared_contact, again.shared_contact), (false, true, false));
    assert_ne!(party_of(&remi), party_of(&solene));
    assert_eq!(party_of(&remi), party_of(&again));
    let asked = proto::GetPartyRequest { id: party_of(&remi) };
    let file = desk.client.clone().get_party(asked).await.expect("known").into_inner();
    assert_eq!(file.requests.len(), 2);
    assert!(file.party.expect("a party").shared);
}

async fn an_agent_says_who_wrote(desk: Desk) {
    let remi = written_by(&desk, "Rémi Potager", "potager@example.fr", "").await;
    let unsure = written_by(&desk, "Famille Potager", "potager@example.fr", "").await;
    assert!(unsure.shared_contact);
    let link = proto::LinkPartyRequest {
        request_id: unsure.summary.as_ref().expect("a summary").id.clone(),
        party_id: party_of(&remi),
        name: String::new(),
        agent_id: AgentId::of_login("aline.encre").to_string(),
    };
    desk.client.clone().link_party(link.clone()).await.expect("linked");
    let linked = desk.request(&link.request_id).await;
    assert_eq!((party_of(&linked), linked.shared_contact), (party_of(&remi), false));
    assert_eq!(linked.interactions[0].party_id, party_of(&remi));
    let renamed = proto::LinkPartyRequest { party_id: String::new(), name: "Zoé Potager".to_owned(), ..link };
    let zoe = desk.client.clone().link_party(renamed).await.expect("linked").into_inner().party_id;
    assert_ne!(zoe, party_of(&remi));
    assert_eq!(desk.told().await.iter().filter(|name| *name == "party.changed").count(), 2);
}

async fn parties_are_found_as_an_agent_types(desk: Desk) {
    written_by(&desk, "Odette Lavande", "", "03 53 01 00 42").await;
    written_by(&desk, "Awa Diop", "awa@example.fr", "06 39 98 00 12").await;
    assert_eq!(found(&desk, "lavan").await, ["Odette Lavande"]);
    assert_eq!(found(&desk, "03 53 01").await, ["Odette Lavande"]);
    assert_eq!(found(&desk, "diop awa").await, ["Awa Diop"]);
    assert_eq!(found(&desk, "awa@ex").await, ["Awa Diop"]);
    assert!(found(&desk, "%").await.is_empty() && found(&desk, "").await.is_empty());
}

scenarios! {
    one_mailbox_for_two_people_stays_two_people,
    an_agent_says_who_wrote,
    parties_are_found_as_an_agent_types,
}
