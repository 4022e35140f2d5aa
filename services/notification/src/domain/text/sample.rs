//! Sample data: what a text looks like before anybody writes in. Also what the tests render.

use guichet_core::id::{AgentId, AuthorityId, InteractionId, ServiceRequestId};
use guichet_core::work::{Channel, Outcome, ReplyThen, SilenceRule};
use guichet_core::{EmailAddress, Timestamp};

use crate::domain::notice::{Ending, Facts, Notice};
use crate::domain::request::{Author, Message, RequestView, Requester, ThreadHeaders};

/// Milliseconds of a day.
const DAY: i64 = 24 * 3_600 * 1_000;

/// Returns a request that nobody made.
pub fn request(authority_id: AuthorityId, now: Timestamp) -> RequestView {
    let answer = Message {
        id: InteractionId::from(uuid::Uuid::nil()),
        author: Author::Agent,
        text: "Votre document est prêt.\n\nVous pouvez le retirer au guichet avec une pièce d'identité.".to_owned(),
        attachments: Vec::new(),
        then: ReplyThen::Resolve,
        occurred_at: now,
    };
    RequestView {
        id: ServiceRequestId::from(uuid::Uuid::nil()),
        authority_id,
        reference: "V7KM-4T9R".to_owned(),
        channel: Channel::Email,
        procedure: String::new(),
        subject: "Copie d'acte de naissance".to_owned(),
        department: String::new(),
        received_at: now,
        language: "fr".to_owned(),
        requester: Requester {
            party_id: None,
            name: "Odette Lavande".to_owned(),
            email: EmailAddress::parse("odette.lavande@example.fr").ok(),
            phone: None,
            postal_address: "12 rue des Ormes, 00400 Valorme".to_owned(),
        },
        messages: vec![answer],
        thread: ThreadHeaders::default(),
    }
}

/// Returns facts that call for a notice, with every date and sentence there.
pub fn facts(notice: Notice, request: &RequestView, now: Timestamp) -> Facts {
    let in_days = |days: i64| now.plus_millis(days * DAY);
    let registered = |procedure: Option<String>| Facts::Registered {
        department: request.department.clone(),
        procedure,
        received_at: request.received_at,
        announced_due: Some(in_days(11)),
        legal_due: Some(in_days(61)),
        receipt_due: in_days(14),
        silence: Some(SilenceRule::Reject),
    };
    let reply = |then: ReplyThen, outcome: Option<Outcome>| Facts::Reply {
        interaction_id: request.messages.last().map_or_else(|| uuid::Uuid::nil().into(), |message| message.id),
        agent_id: AgentId::of_login("aline.encre"),
        then,
        outcome,
        wait_until: (then == ReplyThen::Wait).then(|| in_days(18)),
        posted_at: now,
    };
    match notice {
        Notice::RegistrationAck => registered(None),
        Notice::ReceiptAck => registered(Some(request.procedure.clone())),
        Notice::Answer => reply(ReplyThen::Resolve, Some(Outcome::Granted)),
        Notice::MissingPapers => reply(ReplyThen::Wait, None),
        Notice::SentElsewhere => Facts::Forwarded {
            organisation: "Département d'Orvance".to_owned(),
            phone: "03 53 01 00 90".to_owned(),
            forwarded_at: now,
        },
        Notice::Delayed => Facts::Delayed { due_at: in_days(25) },
        Notice::Closed => Facts::Ended { ending: Ending::Withdrawn },
        Notice::Wait => Facts::Waiting { until: Some(in_days(18)) },
    }
}
