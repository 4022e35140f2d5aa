//! How many agents live contacts need: Erlang B, C and A and the finite queue M/M/s/K, by their exact forms, for
//! questions such as « à 14 agents, 57 % en 20 s ».
//!
//! They hold for one kind of contact and agents who can all take it. With skills, ask [`super::simulate`].

use std::fmt;

/// More agents than any desk has: where the search for enough of them ends.
const AGENTS_MAX: u32 = 10_000;
/// States of an impatient queue rarer than this beside the likeliest one are left out.
const NEGLIGIBLE: f64 = 1e-16;
/// An impatient queue has no more waiting than this, or its patience is beyond what these forms are for.
const WAITING_MAX: u32 = 1_000_000;

/// Returns the share of contacts lost when `servers` meet a load in erlangs and nobody can wait.
pub fn erlang_b(load: f64, servers: u32) -> f64 {
    (1..=servers).fold(1.0, |blocked, count| load * blocked / (f64::from(count) + load * blocked))
}

/// Returns the share of contacts that wait when everybody waits as long as it takes; all of them without enough servers.
pub fn erlang_c(load: f64, servers: u32) -> f64 {
    if load >= f64::from(servers) {
        return 1.0;
    }
    let blocked = erlang_b(load, servers);
    blocked / (1.0 - load / f64::from(servers) * (1.0 - blocked))
}

/// What Erlang A says of a queue whose people leave.
#[derive(Clone, Debug, PartialEq)]
pub struct Impatient {
    /// Share of contacts that are not served at once.
    pub waits: f64,
    /// Share that leaves before being served.
    pub abandons: f64,
    /// Mean time in the queue, of those who leave too.
    pub mean_wait: f64,
    /// For each number found waiting with all agents busy: how likely.
    busy_states: Vec<f64>,
    /// Rate of departures from the queue when one person waits to begin service: all servers.
    service_rate: f64,
    leaving_rate: f64,
}

/// Returns Erlang A: contacts come at rate `arrivals`, each of `servers` serves at rate `service`, each person in the
/// queue leaves at rate `leaving` (above 0).
pub fn erlang_a(arrivals: f64, service: f64, leaving: f64, servers: u32) -> Impatient {
    let service_rate = f64::from(servers) * service;
    // Weights relative to the state where all servers are busy and nobody waits.
    let idle: f64 = {
        let down = |(sum, weight): (f64, f64), count: u32| {
            let weight = weight * f64::from(count) * service / arrivals;
            (sum + weight, weight)
        };
        (1..=servers).rev().fold((0.0, 1.0), down).0
    };
    let mut busy_states = vec![1.0];
    let (mut weight, mut largest) = (1.0_f64, 1.0_f64);
    for waiting in 1..WAITING_MAX {
        weight *= arrivals / (service_rate + f64::from(waiting) * leaving);
        largest = largest.max(weight);
        if weight < largest * NEGLIGIBLE {
            break;
        }
        busy_states.push(weight);
    }
    let total = idle + busy_states.iter().sum::<f64>();
    busy_states.iter_mut().for_each(|state| *state /= total);
    let in_queue: f64 = (0_u32..).zip(&busy_states).map(|(waiting, state)| f64::from(waiting) * state).sum();
    Impatient {
        waits: busy_states.iter().sum(),
        abandons: leaving * in_queue / arrivals,
        mean_wait: in_queue / arrivals,
        busy_states,
        service_rate,
        leaving_rate: leaving,
    }
}

impl Impatient {
    /// Returns the share of all contacts that are served within `time`.
    ///
    /// Whoever finds `k` people waiting begins service after steps of rates `s, s + θ, … s + kθ`, unless they leave
    /// first. Leaving tilts these rates by θ, and `exp(-θ × their sum)` is then a Beta variable.
    pub fn served_within(&self, time: f64) -> f64 {
        let (first, leaving) = (self.service_rate, self.leaving_rate);
        let below = (-leaving * time).exp();
        let shape = first / leaving + 1.0;
        let mut term = below.powf(shape);
        let (mut beta, mut served) = (0.0, 1.0 - self.waits);
        for (waiting, state) in (0_u32..).zip(&self.busy_states) {
            if waiting > 0 {
                term *= (1.0 - below) * (shape + f64::from(waiting) - 1.0) / f64::from(waiting);
            }
            beta += term;
            let stays = first / (first + (f64::from(waiting) + 1.0) * leaving);
            served += state * stays * (1.0 - beta).max(0.0);
        }
        served
    }
}

/// A queue with a finite number of places, M/M/s/K: who finds it full is turned away.
#[derive(Clone, Debug)]
pub struct FiniteQueue {
    states: Vec<f64>,
    servers: u32,
    service: f64,
}

impl FiniteQueue {
    /// Returns the queue of contacts that come at rate `arrivals`, are served at rate `service` by `servers`, and are
    /// never more than `places` with those being served.
    pub fn new(arrivals: f64, service: f64, servers: u32, places: u32) -> Self {
        let mut states = vec![1.0];
        let mut weight = 1.0;
        for count in 1..=places.max(servers) {
            weight *= arrivals / (f64::from(count.min(servers)) * service);
            states.push(weight);
        }
        let total: f64 = states.iter().sum();
        states.iter_mut().for_each(|state| *state /= total);
        Self { states, servers, service }
    }

    /// Returns the share turned away.
    pub fn blocked(&self) -> f64 {
        self.states.last().copied().unwrap_or_default()
    }

    /// Returns the share of those let in who wait no longer than `time`, first come first served.
    pub fn within(&self, time: f64) -> f64 {
        let passed = f64::from(self.servers) * self.service * time;
        // The chance that no more than so many services have ended.
        let (mut term, mut too_few) = ((-passed).exp(), 0.0);
        let mut late = 0.0;
        for (ahead, state) in self.found_waiting() {
            if ahead > 0 {
                term *= passed / f64::from(ahead);
            }
            too_few += term;
            late += state * too_few;
        }
        1.0 - late / (1.0 - self.blocked())
    }

    /// Returns the mean wait of those let in.
    pub fn mean_wait(&self) -> f64 {
        let rate = f64::from(self.servers) * self.service;
        let waits = self.found_waiting().map(|(ahead, state)| state * f64::from(ahead + 1) / rate);
        waits.sum::<f64>() / (1.0 - self.blocked())
    }

    /// Returns, of those let in who wait: how many they find waiting, and how likely that is.
    fn found_waiting(&self) -> impl Iterator<Item = (u32, f64)> {
        let let_in = &self.states[..self.states.len() - 1];
        (0..).zip(let_in.iter().skip(self.servers as usize).copied())
    }
}

/// Live contacts of one kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// How many come in an hour.
    pub per_hour: f64,
    /// How long one takes on average, in seconds.
    pub handling_s: f64,
    /// How long people wait on average before they leave, in seconds; `None` = they stay.
    pub patience_s: Option<f64>,
}

/// What so many agents make of a demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlook {
    /// Agents on duty.
    pub agents: u32,
    /// The wait that was asked about, in seconds.
    pub within_s: f64,
    /// Share answered within it.
    pub within: f64,
    /// Mean wait in seconds; `None` when the queue grows without end.
    pub mean_wait_s: Option<f64>,
    /// Share that gives up.
    pub abandons: f64,
}

impl Demand {
    /// Returns the load in erlangs: how many agents would be busy without a pause.
    pub fn load(&self) -> f64 {
        self.per_hour * self.handling_s / 3_600.0
    }

    /// Returns what `agents` make of it.
    pub fn outlook(&self, agents: u32, within_s: f64) -> Outlook {
        let (arrivals, service) = (self.per_hour / 3_600.0, 1.0 / self.handling_s);
        if let Some(patience_s) = self.patience_s {
            let queue = erlang_a(arrivals, service, 1.0 / patience_s, agents);
            let (within, mean_wait_s) = (queue.served_within(within_s), Some(queue.mean_wait));
            return Outlook { agents, within_s, within, mean_wait_s, abandons: queue.abandons };
        }
        let spare = f64::from(agents) * service - arrivals;
        if spare <= 0.0 {
            return Outlook { agents, within_s, within: 0.0, mean_wait_s: None, abandons: 0.0 };
        }
        let waits = erlang_c(self.load(), agents);
        let within = 1.0 - waits * (-spare * within_s).exp();
        Outlook { agents, within_s, within, mean_wait_s: Some(waits / spare), abandons: 0.0 }
    }

    /// Returns the fewest agents who answer the share `target` within `within_s`; `None` when no number does.
    pub fn agents_for(&self, target: f64, within_s: f64) -> Option<Outlook> {
        (1..=AGENTS_MAX).map(|agents| self.outlook(agents, within_s)).find(|outlook| outlook.within >= target)
    }
}

impl fmt::Display for Outlook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.agents > 1 { "s" } else { "" };
        write!(f, "À {} agent{plural}, ", self.agents)?;
        let Some(mean_wait_s) = self.mean_wait_s else {
            return f.write_str("l'attente s'allonge sans fin : la charge dépasse ce que l'équipe peut traiter.");
        };
        let (within, within_s) = (self.within * 100.0, self.within_s);
        write!(f, "{within:.0} % des contacts pris en {within_s:.0} s ; attente moyenne {mean_wait_s:.0} s")?;
        if self.abandons > 0.0 {
            // French writes decimals after a comma.
            write!(f, " ; {} % renoncent", format!("{:.1}", self.abandons * 100.0).replace('.', ","))?;
        }
        f.write_str(".")
    }
}
