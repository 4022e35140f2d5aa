//! The command line.

mod simulate;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::simulate::{DispatchPolicy, SimulateArgs};

/// The one-stop citizen desk: e-mail, web and phone become one queue.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Examples:
  guichet                                   everything in one process, on embedded defaults
  guichet serve --target routing            one service, over [storage] and [bus] of guichet.toml
  guichet directory import demo/directory   load or replace the authorities of a folder
  guichet status --json                     what is going on, for a program
  guichet demo traffic --robots             a town at work, on the demo that runs beside"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Where the configuration comes from.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Configuration file; `guichet.toml` in the current folder when it exists.
    #[arg(long, global = true, env = "GUICHET_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Data folder, instead of `[data] dir`.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
    /// One setting, above file and environment: `--set server.http=127.0.0.1:9000`. May be repeated.
    #[arg(long = "set", global = true, value_name = "SECTION.KEY=VALUE")]
    pub(crate) settings: Vec<String>,
}

/// Which Guichet a command talks to.
#[derive(Clone, Debug, Args)]
pub(crate) struct ClientArgs {
    /// Address of the gateway; the configuration's own when absent.
    #[arg(long, env = "GUICHET_URL")]
    pub(crate) url: Option<String>,
    /// File with an API key; `secrets/admin.token` of the data folder when absent.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run services until SIGTERM.
    #[command(after_help = "Examples:\n  guichet serve\n  guichet serve --target intake --target routing")]
    Serve {
        /// What to run; everything when absent.
        #[arg(long = "target", value_enum)]
        targets: Vec<Target>,
    },
    /// Bring every service's schema up to date.
    #[command(after_help = "Example:\n  guichet migrate --set storage.url=postgres://guichet@db/guichet")]
    Migrate {
        /// Whose schema; every service's when absent.
        #[arg(long = "target", value_enum)]
        targets: Vec<Target>,
    },
    /// Check the configuration, or print the defaults.
    Config {
        #[command(subcommand)]
        action: ConfigAction,
    },
    /// Load, write back or check the authorities' folder.
    Directory {
        #[command(subcommand)]
        action: DirectoryAction,
    },
    /// Count a delay on a department's calendar, as due dates are counted.
    Calendar {
        #[command(subcommand)]
        action: CalendarAction,
    },
    /// Make a key for a program: a telephone system, a website. It is printed this once.
    #[command(after_help = "Example:\n  guichet key --authority valorme autocommutateur > pabx.key")]
    Key {
        /// Code of the authority whose desk the program works for.
        #[arg(long)]
        authority: String,
        /// What it is for.
        name: String,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Give a message on standard input to the desk, for an MTA's pipe. Exits 75 when the server is away, 65 on refusal.
    #[command(after_help = "Example, in Postfix's main.cf or an alias:
  guichet:  \"|guichet mail --from ${sender} --to guichet@valorme.example\"")]
    Mail {
        /// Envelope sender; empty for a bounce.
        #[arg(long, default_value = "")]
        from: String,
        /// Envelope recipient; may be repeated.
        #[arg(long = "to")]
        to: Vec<String>,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Say how the product is doing.
    #[command(after_help = "Examples:\n  guichet status\n  guichet status --json")]
    Status {
        /// For programs.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Look at each neighbour (database, Redis, relay, blobs, certificates, names) and say in French what to do. Exits 1 when
    /// something fails; a warning is none. Changes nothing and sends nothing.
    #[command(after_help = "Examples:
  guichet doctor                       everything that one process needs
  guichet doctor --target intake       what that process needs: in its pod, or with its configuration
  guichet doctor --json                for a program: {\"status\": \"ok|warning|failure\", \"checks\": [...]}
  guichet doctor --set bus.url=redis://redis:6379/   before a setting is changed")]
    Doctor {
        /// What runs here; everything when absent.
        #[arg(long = "target", value_enum)]
        targets: Vec<Target>,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// Play with a running demo: traffic, stories, a full desk. Refused anywhere else.
    Demo {
        #[command(subcommand)]
        action: DemoAction,
    },
    /// Play a day and say in French what it is like, or what changes with other people, other skills or another way of
    /// dispatching: an ordinary day of a folder's town, without a server, or a day the server has recorded.
    #[command(after_help = "Examples:
  guichet simulate demo/directory
  guichet simulate demo/directory --against with-one-more-agent
  guichet simulate demo/directory --policy zendesk-like
  guichet simulate demo/directory --advise
  guichet simulate --day 2026-11-25 --less gaelle.registre
  guichet simulate --day 2026-11-25 --teach basile.tampon=FUN:3 --json")]
    Simulate(SimulateArgs),
    /// Tell in French why a request went where it went.
    #[command(after_help = "Example:\n  guichet explain V7KM-4T9R")]
    Explain {
        /// The number given to the usager.
        reference: String,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Decide a recorded day of routing again and compare each decision bit for bit. Exits 1 when one differs.
    #[command(after_help = "Examples:
  guichet replay                               today, up to now
  guichet replay --day 2026-11-26
  guichet replay --authority valorme           what was decided together with Valorme's requests
  guichet replay --day 2026-11-26 --json       for a program: one JSON object")]
    Replay {
        /// As 2026-11-26, or `today`, in the time zone of the first authority. A month back at most.
        #[arg(long, default_value = "today")]
        day: String,
        /// Code of an authority: only what was decided together with it.
        #[arg(long)]
        authority: Option<String>,
        /// For programs.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        client: ClientArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Read the configuration as `serve` would and say what is wrong.
    Check,
    /// Print every key with its default.
    Defaults,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DirectoryAction {
    /// Check a folder: every mistake with its file and line.
    Check {
        /// The folder, one sub-folder an authority.
        folder: PathBuf,
    },
    /// Check a folder and publish it.
    Import {
        /// The folder, one sub-folder an authority.
        folder: PathBuf,
        /// Give every agent the password `demo` and mark them present; only for a desk on loopback.
        #[arg(long)]
        demo: bool,
        #[command(flatten)]
        client: ClientArgs,
    },
    /// Write the published authorities as a folder.
    Export {
        /// The folder to write; it must be empty or missing.
        folder: PathBuf,
        #[command(flatten)]
        client: ClientArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum CalendarAction {
    /// Say day by day, in French, why each one counts or not, and when the delay ends.
    #[command(after_help = "Examples:
  guichet calendar explain --authority valorme --department UR --from 2026-11-24T10:00 --delay \"3 jo\"
  guichet calendar explain --authority valorme --department EP --delay \"4 heures\"
  guichet calendar explain --authority valorme --department UR --from 2027-05-04T09:00 --delay \"1 mois\" --json")]
    Explain(DelayArgs),
}

/// A delay to count.
#[derive(Clone, Debug, Args)]
pub(crate) struct DelayArgs {
    /// Code of the authority.
    #[arg(long)]
    pub(crate) authority: String,
    /// Code of the department: the authority's own, or one shared with it.
    #[arg(long)]
    pub(crate) department: String,
    /// When it was received, as the wall shows it there; now when absent.
    #[arg(long, value_name = "YYYY-MM-DDTHH:MM")]
    pub(crate) from: Option<String>,
    /// « 3 jours ouvrés » or « 3 jo », « 10 jours » or « 10 j », « 2 mois », « 4 heures » or « 4 h ».
    #[arg(long)]
    pub(crate) delay: String,
    /// For programs: one JSON object on standard output.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// Which demo is played with.
#[derive(Clone, Debug, Args)]
pub(crate) struct DemoArgs {
    /// Address of its pages; the configuration's own when absent.
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Its mail server; the configuration's own when absent.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) smtp: Option<String>,
    /// For programs: one JSON object on standard output.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DemoAction {
    /// E-mails, forms, calls, visits and replies, as a town sends them. Fails when a door refused one.
    #[command(after_help = "Examples:
  guichet demo traffic --rate 12 --minutes 10            the queue fills up
  guichet demo traffic --rate 12 --minutes 30 --robots   and agents work it off
  guichet demo traffic --rate 60 --minutes 1 --seed 7 --json")]
    Traffic {
        /// New contacts a minute; replies and storms come on top.
        #[arg(long, default_value_t = 12.0)]
        rate: f64,
        /// How long.
        #[arg(long, default_value_t = 5.0)]
        minutes: f64,
        /// Robot agents accept, answer, ask for papers and hand over to level 2.
        #[arg(long)]
        robots: bool,
        /// The same number plays the same town again; another each time when absent.
        #[arg(long)]
        seed: Option<u64>,
        #[command(flatten)]
        demo: DemoArgs,
    },
    /// One of the twelve stories, step by step; Enter goes on.
    #[command(after_help = "Examples:
  guichet demo story --list
  guichet demo story 6
  guichet demo story 6 --pause 5      goes on by itself
  guichet demo story 6 --yes --json   at once, for a program")]
    Story {
        /// From 1 to 12.
        #[arg(required_unless_present = "list")]
        number: Option<u32>,
        /// Name the stories, and what is missing to each.
        #[arg(long)]
        list: bool,
        /// Go on without waiting for Enter.
        #[arg(long)]
        yes: bool,
        /// Go on by itself after so many seconds.
        #[arg(long, value_name = "SECONDS", conflicts_with = "yes")]
        pause: Option<u64>,
        #[command(flatten)]
        demo: DemoArgs,
    },
    /// Store many requests quickly, through the form's own door.
    #[command(after_help = "Example:\n  guichet demo fill --requests 10000")]
    Fill {
        /// How many.
        #[arg(long)]
        requests: usize,
        /// The same number invents the same requests.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[command(flatten)]
        demo: DemoArgs,
    },
}

/// A part of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Target {
    /// HTTP: REST and pages.
    Gateway,
    /// Requests and threads; SMTP.
    Intake,
    /// Directory, queue, work.
    Routing,
    /// E-mail, SMS, letters.
    Notification,
    /// Sheets.
    Knowledge,
}

impl Target {
    /// Every part.
    pub(crate) const ALL: [Self; 5] = [Self::Gateway, Self::Intake, Self::Routing, Self::Notification, Self::Knowledge];

    /// Returns the name it has on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Intake => "intake",
            Self::Routing => "routing",
            Self::Notification => "notification",
            Self::Knowledge => "knowledge",
        }
    }
}
