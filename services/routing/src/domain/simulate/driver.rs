//! Virtual time: the next thing that happens, what the dispatcher says to it, and what the agents make of the offers.

mod hands;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use guichet_core::Timestamp;
use guichet_core::id::AgentId;
use guichet_core::work::{Channel, PresenceState};

use super::desk::Desk;
use super::dispatcher::{Dispatcher, Offer};
use super::eligibility::{Eligibility, people};
use super::outcome::{AgentDay, Contact, Ending, Outcome, Stand};
use super::random::{millis, share_from};
use super::scenario::{Pace, Scenario, place_of, request_id};
use super::slots::Slots;
use crate::domain::engine::{Ended, Input};

/// How an agent answers an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    Yes,
    No,
    Silence,
}

/// What happens next; at one instant, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    WorkDone { desk: usize, stint: u64 },
    HandedOver { place: usize, version: i64 },
    Answered { place: usize, version: i64, answer: Answer },
    Presence(usize),
    GivesUp(usize),
    Late(usize),
    Arrives(usize),
    Audit,
}

/// Plays a scenario to its end.
pub fn run(scenario: &Scenario, eligibility: &Eligibility, dispatcher: &mut dyn Dispatcher) -> Outcome {
    let mut play = Play::new(scenario, eligibility, dispatcher);
    while let Some(now) = play.next_instant() {
        play.now = now;
        play.step();
    }
    play.finish()
}

struct Play<'a> {
    scenario: &'a Scenario,
    eligibility: &'a Eligibility,
    dispatcher: &'a mut dyn Dispatcher,
    now: Timestamp,
    /// The dispatcher was told of this instant: it is not told twice.
    ticked_at: Option<Timestamp>,
    events: BinaryHeap<Reverse<(Timestamp, Event)>>,
    contacts: Vec<Contact>,
    desks: Vec<Desk>,
    desk_of: HashMap<AgentId, usize>,
    waiting: usize,
    idle_beside_waiting: u32,
    oldest_waiting_ms: i64,
    slots: Slots,
}

impl<'a> Play<'a> {
    fn new(scenario: &'a Scenario, eligibility: &'a Eligibility, dispatcher: &'a mut dyn Dispatcher) -> Self {
        let capacity = |id| scenario.town.agent(id).map_or(0, |(_, agent)| agent.capacity);
        let desks: Vec<Desk> = people(scenario).map(|id| Desk::new(id, capacity(id))).collect();
        let mut play = Self {
            contacts: scenario.arrivals.iter().map(Contact::of).collect(),
            desk_of: desks.iter().enumerate().map(|(place, desk)| (desk.agent_id, place)).collect(),
            desks,
            now: scenario.starts_at(),
            ticked_at: None,
            events: BinaryHeap::new(),
            waiting: 0,
            idle_beside_waiting: 0,
            oldest_waiting_ms: 0,
            slots: Slots::from(scenario.starts_at()),
            scenario,
            eligibility,
            dispatcher,
        };
        for (place, change) in scenario.presence.iter().enumerate() {
            play.plan(change.at, Event::Presence(place));
        }
        if let Some(first) = scenario.arrivals.first() {
            play.plan(first.at, Event::Arrives(0));
        }
        if let Some(every_ms) = scenario.audit_every_ms {
            play.plan(play.now.plus_millis(every_ms), Event::Audit);
        }
        play
    }

    fn plan(&mut self, at: Timestamp, event: Event) {
        self.events.push(Reverse((at, event)));
    }

    fn next_instant(&self) -> Option<Timestamp> {
        let event = self.events.peek().map(|Reverse((at, _))| *at);
        let instant = event.into_iter().chain(self.wake()).min()?;
        self.scenario.ends_at.is_none_or(|end| instant < end).then_some(instant)
    }

    /// Returns when the dispatcher wants to be told the time.
    fn wake(&self) -> Option<Timestamp> {
        let wake = self.dispatcher.next_wake()?.max(self.now);
        self.ticked_at.is_none_or(|ticked| ticked < wake).then_some(wake)
    }

    fn step(&mut self) {
        if self.wake().is_some_and(|wake| wake <= self.now) {
            self.ticked_at = Some(self.now);
            self.tell(Input::Tick);
            return;
        }
        let Some(Reverse((_, event))) = self.events.pop() else { return };
        match event {
            Event::Arrives(place) => self.arrives(place),
            Event::Answered { place, version, answer } => self.answered(place, version, answer),
            Event::WorkDone { desk, stint } if self.desks[desk].stint == stint => self.work_done(desk),
            Event::WorkDone { .. } => {}
            Event::HandedOver { place, version } if self.contacts[place].version == version => self.handed_over(place),
            Event::HandedOver { .. } => {}
            Event::Presence(place) => self.presence_changes(place),
            Event::GivesUp(place) => self.gives_up(place),
            Event::Late(place) => self.late(place),
            Event::Audit => self.audit(),
        }
    }

    /// Tells the dispatcher a fact and carries out what it decides.
    fn tell(&mut self, input: Input) {
        for Offer { request_id, version, agent_id } in self.dispatcher.apply(self.now, input) {
            let (place, desk) = (place_of(request_id), self.desk_of[&agent_id]);
            let contact = &mut self.contacts[place];
            contact.version = version + 1;
            contact.offered_at.get_or_insert(self.now);
            contact.offers += 1;
            contact.stand = Stand::Offered(desk);
            self.waiting -= 1;
            self.desks[desk].offers += 1;
            self.desks[desk].offered.push(place);
            self.desks[desk].used += self.weight(place);
            let (after_ms, answer) = self.answer(place);
            let version = self.contacts[place].version;
            self.plan(self.now.plus_millis(after_ms), Event::Answered { place, version, answer });
        }
    }

    /// Returns how an agent will answer the offer just made, and after how long: the same for every dispatcher.
    fn answer(&self, place: usize) -> (i64, Answer) {
        let answering = self.scenario.answering;
        if answering == super::Answering::AT_ONCE {
            return (0, Answer::Yes);
        }
        let turn = u64::from(self.contacts[place].offers);
        let share = |part: u64| share_from(self.scenario.seed, place as u64, turn * 2 + part);
        let after_ms = millis(-share(0).ln() * answering.reaction_ms);
        let mood = share(1);
        if mood <= answering.unanswered || after_ms >= answering.stands_ms {
            return (answering.stands_ms, Answer::Silence);
        }
        let declines = mood <= answering.unanswered + answering.declined;
        (after_ms, if declines { Answer::No } else { Answer::Yes })
    }

    fn arrives(&mut self, place: usize) {
        if let Some(next) = self.scenario.arrivals.get(place + 1) {
            self.plan(next.at, Event::Arrives(place + 1));
        }
        if let Some(patience_ms) = self.scenario.arrivals[place].patience_ms {
            self.plan(self.now.plus_millis(patience_ms), Event::GivesUp(place));
        }
        self.wait(place);
        let full = self.scenario.waiting_room.is_some_and(|room| self.waiting > room);
        if full && self.contacts[place].stand == Stand::Waiting {
            self.end(place, Ending::TurnedAway);
        }
    }

    /// A contact begins to wait, as the kind it is held to be.
    fn wait(&mut self, place: usize) {
        let kind = self.contacts[place].kind;
        self.contacts[place].stand = Stand::Waiting;
        self.waiting += 1;
        if let Some(due) = self.scenario.due(place, kind).filter(|due| *due > self.now) {
            self.plan(due, Event::Late(place));
        }
        self.contacts[place].left_ms = self.handling_ms(place);
        let entry = self.scenario.entry(self.now, place, self.contacts[place].version, kind);
        self.tell(Input::Arrived(entry));
    }

    fn answered(&mut self, place: usize, version: i64, answer: Answer) {
        let contact = &mut self.contacts[place];
        let Stand::Offered(desk) = contact.stand else { return };
        if contact.version != version {
            return;
        }
        contact.version += 1;
        let (version, agent_id, request_id) = (contact.version, self.desks[desk].agent_id, request_id(place));
        if answer == Answer::Yes {
            self.contacts[place].stand = Stand::OnDesk(desk);
            self.contacts[place].taken_at.get_or_insert(self.now);
            self.desks[desk].forget(place);
            self.desks[desk].accepted += 1;
            match self.scenario.pace {
                Pace::OneAtATime => self.take(desk, place),
                Pace::InHand => self.hold(desk, place),
            }
            let weight = self.weight(place);
            return self.tell(Input::Held { request_id, version, agent_id, weight });
        }
        self.contacts[place].refused_by.push(agent_id);
        match answer {
            Answer::No => self.desks[desk].declined += 1,
            Answer::Yes | Answer::Silence => self.desks[desk].expired += 1,
        }
        self.back_to_queue(desk, place);
        let ended = Ended { request_id, version, agent_id };
        self.tell(if answer == Answer::No { Input::Declined(ended) } else { Input::Expired(ended) });
    }

    fn back_to_queue(&mut self, desk: usize, place: usize) {
        self.let_go(desk, place);
        self.contacts[place].stand = Stand::Waiting;
        self.waiting += 1;
    }

    fn let_go(&mut self, desk: usize, place: usize) {
        self.desks[desk].forget(place);
        self.desks[desk].used = self.desks[desk].used.saturating_sub(self.weight(place));
    }

    fn end(&mut self, place: usize, ending: Ending) {
        let contact = &mut self.contacts[place];
        let stand = std::mem::replace(&mut contact.stand, Stand::Gone);
        (contact.ending, contact.ended_at, contact.version) = (ending, Some(self.now), contact.version + 1);
        let version = contact.version;
        match stand {
            Stand::Waiting => self.waiting -= 1,
            // Done: the desk has let go of it.
            Stand::OnDesk(_) if ending == Ending::Done => {}
            Stand::Offered(desk) | Stand::OnDesk(desk) => self.let_go(desk, place),
            Stand::Coming | Stand::Gone => {}
        }
        self.tell(Input::Freed { request_id: request_id(place), version });
    }

    fn gives_up(&mut self, place: usize) {
        if self.contacts[place].started_at.is_none() && self.contacts[place].ending == Ending::Open {
            self.end(place, Ending::GaveUp);
        }
    }

    fn late(&mut self, place: usize) {
        let contact = &self.contacts[place];
        let is_due = self.scenario.due(place, contact.kind).is_some_and(|due| due <= self.now);
        if is_due && matches!(contact.stand, Stand::Waiting | Stand::Offered(_)) {
            self.tell(Input::BecameLate { request_id: request_id(place), version: contact.version });
        }
    }

    /// Whoever leaves finishes what they are at; what they had not begun waits again.
    fn presence_changes(&mut self, place: usize) {
        let change = self.scenario.presence[place];
        let Some(&desk) = self.desk_of.get(&change.agent_id) else { return };
        let present = change.state == PresenceState::Available;
        self.count_in_hand(desk);
        self.set_present(desk, present);
        self.desks[desk].at_work = change.state != PresenceState::Away;
        self.desks[desk].serial += 1;
        let (agent_id, serial) = (change.agent_id, self.desks[desk].serial);
        self.begin_next(desk);
        self.tell(Input::PresenceChanged { agent_id, state: change.state, serial });
        if present {
            return;
        }
        for place in self.desks[desk].offered.clone() {
            self.contacts[place].version += 1;
            self.back_to_queue(desk, place);
            let ended = Ended { request_id: request_id(place), version: self.contacts[place].version, agent_id };
            self.tell(Input::Rescinded(ended));
        }
        for place in self.desks[desk].next.clone() {
            if self.contacts[place].started_at.is_none() {
                self.contacts[place].version += 1;
                self.let_go(desk, place);
                self.wait(place);
            }
        }
    }

    /// Counts waiting contacts that somebody free could have been offered, but for those kept for whoever knows their file
    /// and is at work.
    fn audit(&mut self) {
        if let Some(every_ms) = self.scenario.audit_every_ms.filter(|_| !self.events.is_empty()) {
            self.plan(self.now.plus_millis(every_ms), Event::Audit);
        }
        let waiting = self.contacts.iter().filter(|contact| contact.stand == Stand::Waiting);
        let oldest = waiting.map(|contact| self.now.millis_since(contact.arrived_at)).max().unwrap_or(0);
        self.oldest_waiting_ms = self.oldest_waiting_ms.max(oldest);
        let free: Vec<&Desk> =
            self.desks.iter().filter(|desk| desk.is_present() && desk.used < desk.capacity).collect();
        let waiting = self.contacts.iter().enumerate().filter(|(_, contact)| contact.stand == Stand::Waiting);
        let is_kept = |place: usize, contact: &Contact| {
            let need = &self.scenario.kinds[contact.kind].need;
            // Who passed on it once may be asked again a little later.
            let may = |id: &AgentId| self.eligibility.may_take(*id, need);
            let known_to = self.scenario.kept_for(self.now, place).filter(may);
            let desk = known_to.and_then(|id| self.desk_of.get(&id));
            desk.is_some_and(|&desk| self.desks[desk].at_work)
        };
        let waiting = waiting.filter(|(place, contact)| !is_kept(*place, contact));
        let missed = waiting.filter(|(place, contact)| {
            let need = &self.scenario.kinds[contact.kind].need;
            let past = self.scenario.arrivals[*place].past.as_deref();
            free.iter().any(|desk| {
                let fits = desk.used + need.weight <= desk.capacity && !contact.refused_by.contains(&desk.agent_id);
                let barred = past.is_some_and(|past| past.excluded.contains(&desk.agent_id));
                fits && !barred && self.eligibility.may_take(desk.agent_id, need)
            })
        });
        self.idle_beside_waiting += u32::try_from(missed.count()).unwrap_or(u32::MAX);
    }

    fn weight(&self, place: usize) -> u32 {
        self.scenario.kinds[self.contacts[place].kind].need.weight
    }

    fn is_live(&self, place: usize) -> bool {
        matches!(self.scenario.kinds[self.contacts[place].kind].channel, Channel::Phone | Channel::Counter)
    }

    /// Returns how long a contact keeps whoever takes it now: only a look when it is of another kind.
    fn handling_ms(&self, place: usize) -> i64 {
        let arrival = &self.scenario.arrivals[place];
        match arrival.truly {
            Some(truly) if truly != self.contacts[place].kind => self.scenario.discovery_ms,
            _ => arrival.handling_ms,
        }
    }

    fn finish(mut self) -> Outcome {
        let ended_at = self.scenario.ends_at.unwrap_or(self.now);
        self.now = ended_at;
        for desk in 0..self.desks.len() {
            self.count_in_hand(desk);
            self.set_present(desk, false);
            self.stop(desk);
        }
        let agents = self.desks.iter().map(|desk| {
            let Desk { agent_id, present_ms, busy_ms, offers, accepted, declined, expired, .. } = *desk;
            AgentDay { agent_id, present_ms, busy_ms, offers, accepted, declined, expired }
        });
        let agents = agents.collect();
        let (idle_beside_waiting, oldest_waiting_ms) = (self.idle_beside_waiting, self.oldest_waiting_ms);
        Outcome {
            contacts: self.contacts,
            agents,
            ended_at,
            idle_beside_waiting,
            oldest_waiting_ms,
            slots: self.slots.all(),
        }
    }
}
