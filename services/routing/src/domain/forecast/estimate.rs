//! The estimators of a wait (Ibrahim and Whitt 2009): what the head of the queue has waited, what the last one served had,
//! and how long those in front need at the pace of the team. Each is good at other hours, which is why all are asked.

/// What one sees of a bucket at an instant; lengths in milliseconds of the team's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct View {
    /// In front.
    pub(super) ahead: i64,
    /// Waiting, all of them.
    pub(super) waiting: i64,
    /// How long the head has waited.
    pub(super) head: i64,
    /// How long the last one served had.
    pub(super) last: i64,
    /// From one taking to the next.
    pub(super) interval: i64,
    /// How many left, and within how long a wait of everybody together.
    pub(super) leaving: (i64, i64),
    /// How many come lately to how many came before, in thousandths.
    pub(super) trend: i64,
    /// How long those in front need as the days usually go.
    pub(super) plan: i64,
}

/// A way to tell a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Estimator {
    /// What the head of the queue has waited, as far as it concerns those who stand further in front.
    Head,
    /// The same when more come than before.
    HeadTrend,
    /// What the last one served had waited.
    Last,
    /// The same when more come than before.
    LastTrend,
    /// The queue in front at the pace of the team.
    Queue,
    /// The same when some of them leave.
    QueueLeaving,
    /// The queue in front through the half-hours of the days ahead.
    Plan,
}

/// A length for each estimator, in the order of [`Estimator::ALL`].
pub(super) type Estimates = [i64; Estimator::ALL.len()];

/// A queue whose members may leave is not added up further: the rest is a rounding.
const LEAVING_MAX: i64 = 2_000;

impl Estimator {
    pub(super) const ALL: [Self; 7] =
        [Self::Head, Self::HeadTrend, Self::Last, Self::LastTrend, Self::Queue, Self::QueueLeaving, Self::Plan];

    fn of(self, view: &View) -> i64 {
        // Whoever stands in the middle of the queue waits for that part of it.
        let head = view.head * (view.ahead + 1) / view.waiting.max(view.ahead + 1);
        match self {
            Self::Head => head,
            Self::HeadTrend => head * view.trend / 1_000,
            Self::Last => view.last,
            Self::LastTrend => view.last * view.trend / 1_000,
            Self::Queue => (view.ahead + 1) * view.interval,
            Self::QueueLeaving => queue_leaving(view),
            Self::Plan => view.plan,
        }
    }

    /// Returns what every estimator says.
    pub(super) fn ask_all(view: &View) -> Estimates {
        Self::ALL.map(|estimator| estimator.of(view))
    }
}

/// Returns the sum over those in front, and oneself, of `1 / (pace + i x rate of leaving)`.
fn queue_leaving(view: &View) -> i64 {
    let (left, waited) = (i128::from(view.leaving.0), i128::from(view.leaving.1.max(1)));
    let interval = i128::from(view.interval);
    let each = |place: i64| interval * waited / (waited + i128::from(place) * left * interval);
    let sum: i128 = (0..=view.ahead.min(LEAVING_MAX)).map(each).sum();
    i64::try_from(sum).unwrap_or(i64::MAX)
}
