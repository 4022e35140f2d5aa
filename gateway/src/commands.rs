//! Everything that changes the work on a request, as one closed list: the REST commands and the desk's buttons.

use guichet_core::work::Outcome;
use guichet_proto::routing::v1::{
    DismissRequest, EscalateRequest, ForwardRequest, PauseRequest, ReopenRequest, ResolveRequest, ResumeRequest,
    ReturnRequest, StartRequest, TakeRequest, TransferRequest, WithdrawRequest, WorkCommand, WorkItem,
};
use guichet_rpc::convert::ToProto;

use crate::app::App;
use crate::checks::{CODE_CHARACTERS_MAX, Checks, NAME_CHARACTERS_MAX, SUBJECT_CHARACTERS_MAX};
use crate::clients::tell;
use crate::problem::Problem;

/// What may be done to the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Take,
    Start,
    Escalate,
    Transfer,
    Return,
    Forward,
    Pause,
    Resume,
    Resolve,
    Withdraw,
    Dismiss,
    Reopen,
}

impl Command {
    /// Every command with its name in addresses and in `allowed`.
    pub(crate) const ALL: [(&'static str, Self); 12] = [
        ("take", Self::Take),
        ("start", Self::Start),
        ("escalate", Self::Escalate),
        ("transfer", Self::Transfer),
        ("return", Self::Return),
        ("forward", Self::Forward),
        ("pause", Self::Pause),
        ("resume", Self::Resume),
        ("resolve", Self::Resolve),
        ("withdraw", Self::Withdraw),
        ("dismiss", Self::Dismiss),
        ("reopen", Self::Reopen),
    ];

    /// Returns the command of a name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, command)| *command)
    }
}

/// What a command may say besides its version; which fields it needs depends on the command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) version: i64,
    pub(crate) note: String,
    pub(crate) department: String,
    pub(crate) procedure: String,
    pub(crate) organisation: String,
    pub(crate) phone: String,
    pub(crate) reason: String,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) until: i64,
}

impl Arguments {
    /// Notes what the command lacks.
    fn check(&self, command: Command) -> Result<(), Problem> {
        let mut checks = Checks::default();
        let mut needs = |pointer: &str, value: &str, max: usize| {
            checks.required(pointer, Some(value), max);
        };
        match command {
            Command::Escalate => needs("/department", &self.department, CODE_CHARACTERS_MAX),
            Command::Forward => needs("/organisation", &self.organisation, NAME_CHARACTERS_MAX),
            Command::Dismiss => needs("/reason", &self.reason, SUBJECT_CHARACTERS_MAX),
            Command::Transfer if self.procedure.is_empty() => {
                needs("/department", &self.department, CODE_CHARACTERS_MAX);
            }
            Command::Resolve if self.outcome.is_none() => checks.fail("/outcome", "field-required"),
            _ => {}
        }
        checks.done()
    }
}

/// Runs a command in the name of an agent (empty = the usager, who may only withdraw).
pub(crate) async fn run(
    app: &App,
    agent_id: &str,
    request_id: &str,
    command: Command,
    arguments: Arguments,
) -> Result<WorkItem, Problem> {
    arguments.check(command)?;
    let Arguments { version, note, department, procedure, organisation, phone, reason, outcome, until } = arguments;
    let head = Some(WorkCommand { request_id: request_id.to_owned(), agent_id: agent_id.to_owned(), version, note });
    let mut work = app.work();
    let item = match command {
        Command::Take => tell!(work, take, TakeRequest { command: head })?.work,
        Command::Start => tell!(work, start, StartRequest { command: head })?.work,
        Command::Escalate => tell!(work, escalate, EscalateRequest { command: head, department })?.work,
        Command::Transfer => tell!(work, transfer, TransferRequest { command: head, department, procedure })?.work,
        Command::Return => tell!(work, r#return, ReturnRequest { command: head })?.work,
        Command::Forward => tell!(work, forward, ForwardRequest { command: head, organisation, phone })?.work,
        Command::Pause => tell!(work, pause, PauseRequest { command: head, until })?.work,
        Command::Resume => tell!(work, resume, ResumeRequest { command: head })?.work,
        Command::Resolve => {
            let outcome = outcome.map_or(0, ToProto::to_proto);
            tell!(work, resolve, ResolveRequest { command: head, outcome })?.work
        }
        Command::Withdraw => tell!(work, withdraw, WithdrawRequest { command: head })?.work,
        Command::Dismiss => tell!(work, dismiss, DismissRequest { command: head, reason })?.work,
        Command::Reopen => tell!(work, reopen, ReopenRequest { command: head })?.work,
    };
    item.ok_or_else(Problem::not_found)
}
