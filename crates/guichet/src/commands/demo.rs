//! `guichet demo traffic|story|fill`: a running demo played with, through the doors that people use.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use guichet_core::{Clock, Rng, SystemClock, SystemRng};
use guichet_demo::robot::{self, Manner};
use guichet_demo::story::{self, Audience, STORIES, Step};
use guichet_demo::traffic::{self, Summary};
use guichet_demo::{Doors, EVERYBODY, Plan, fill};
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cli::{DemoAction, DemoArgs};
use crate::config::Config;

/// Time a robot agent thinks between two gestures: people watch.
const ROBOT_THINKS: Duration = Duration::from_secs(3);
/// Time robot agents have to end what they are doing: a few answers of the API.
const ROBOTS_LEAVE: Duration = Duration::from_secs(5);
/// Between two lines of progress when nobody rewrites them: a log stays readable.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);
/// Requests between two lines of progress while a desk is filled.
const FILL_PROGRESS: usize = 500;

/// Runs one of the actions.
pub(crate) async fn run(action: DemoAction, config: &Config) -> Result<ExitCode> {
    match action {
        DemoAction::Traffic { rate, minutes, robots, seed, demo } => {
            let seed = seed.unwrap_or_else(|| u64::from(SystemRng.below(u32::MAX)));
            let plan = Plan::new(seed, rate.clamp(0.0, RATE_MAX), minutes.clamp(0.0, MINUTES_MAX));
            traffic(&open(&demo, config).await?, &plan, seed, robots, demo.json).await
        }
        DemoAction::Story { list: true, demo, .. } => {
            list(demo.json);
            Ok(ExitCode::SUCCESS)
        }
        DemoAction::Story { number, yes, pause, demo, .. } => {
            let pace = match pause {
                Some(seconds) => Pace::After(Duration::from_secs(seconds)),
                None if yes => Pace::AtOnce,
                None => Pace::Enter,
            };
            tell(number.unwrap_or_default(), &open(&demo, config).await?, pace, demo.json).await
        }
        DemoAction::Fill { requests, seed, demo } => {
            let stored = fill(&open(&demo, config).await?, requests, seed, |count| {
                if count % FILL_PROGRESS == 0 {
                    eprintln!("{count} requests stored");
                }
            })
            .await?;
            if demo.json {
                println!("{}", serde_json::to_string(&stored)?);
            } else {
                println!("{} requests stored in {:.1} s", stored.requests, stored.seconds);
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Contacts a minute and minutes at most: a plan is made beforehand and held in memory.
const RATE_MAX: f64 = 6_000.0;
const MINUTES_MAX: f64 = 24.0 * 60.0;

async fn open(demo: &DemoArgs, config: &Config) -> Result<Doors> {
    let url = demo.server.clone().unwrap_or_else(|| format!("http://{}", config.server.http));
    let smtp = demo.smtp.as_deref().unwrap_or(&config.intake.smtp.listen);
    Ok(Doors::open(&url, smtp).await?)
}

/// Returns a name for this run, so that its messages are not those of an earlier one.
fn run_name() -> String {
    format!("{:x}", SystemClock.now().as_millis())
}

async fn traffic(doors: &Doors, plan: &Plan, seed: u64, with_robots: bool, as_json: bool) -> Result<ExitCode> {
    let stop = CancellationToken::new();
    let answered = Arc::new(AtomicU64::new(0));
    let mut robots = JoinSet::new();
    for login in EVERYBODY.into_iter().filter(|_| with_robots) {
        let (doors, stop, answered) = (doors.clone(), stop.clone(), Arc::clone(&answered));
        robots.spawn(async move {
            if let Ok(session) = doors.agent(login).await {
                let count = |done| {
                    answered.fetch_add(done, Ordering::Relaxed);
                };
                robot::work(&session, Manner::Lively(ROBOT_THINKS), &stop, count).await;
            }
        });
    }
    let mut progress = Progress::new();
    let length = traffic::length(plan).as_secs();
    let run = run_name();
    let summary = {
        let played = traffic::play(doors, plan, &run, &stop, |summary, refusal| {
            if let Some(reason) = refusal {
                eprintln!("\nrefused: {reason}");
            }
            progress.shows(&line(summary, answered.load(Ordering::Relaxed), length));
        });
        tokio::pin!(played);
        tokio::select! {
            summary = &mut played => summary,
            _ = tokio::signal::ctrl_c() => {
                // What is on its way is brought to its end.
                stop.cancel();
                played.await
            }
        }
    };
    stop.cancel();
    // Robots end what they are doing; one that still waits for its turn to sign in is not waited for.
    let left = async { while robots.join_next().await.is_some() {} };
    tokio::time::timeout(ROBOTS_LEAVE, left).await.ok();
    robots.shutdown().await;
    progress.ends();
    report(&summary, seed, answered.load(Ordering::Relaxed), as_json)?;
    Ok(if summary.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn line(summary: &Summary, answered: u64, length: u64) -> String {
    format!(
        "e-mails {} (replies {}) · forms {} · calls {} · visits {} · answered {answered} · refused {} · in flight {} · {length} s planned",
        summary.emails,
        summary.replies,
        summary.forms,
        summary.calls,
        summary.visits,
        summary.refused + summary.unanswered,
        summary.in_flight
    )
}

fn report(summary: &Summary, seed: u64, answered: u64, as_json: bool) -> Result<()> {
    if as_json {
        let mut object = serde_json::to_value(summary)?;
        object["seed"] = seed.into();
        object["answered_by_robots"] = answered.into();
        println!("{object}");
        return Ok(());
    }
    println!("seed {seed}: {} contacts taken", summary.taken());
    println!("  e-mails  {} ({} of them replies)", summary.emails, summary.replies);
    println!("  forms    {}", summary.forms);
    println!("  calls    {}", summary.calls);
    println!("  visits   {} ({} calls and visits answered on the spot)", summary.visits, summary.answered_on_the_spot);
    println!("  answered by robot agents: {answered}");
    if !summary.is_clean() {
        println!("  REFUSED {}, WITHOUT ANSWER {}", summary.refused, summary.unanswered);
    }
    Ok(())
}

/// One line that is rewritten on a terminal, and now and then a line elsewhere.
struct Progress {
    terminal: bool,
    last: Option<Instant>,
}

impl Progress {
    fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), last: None }
    }

    fn shows(&mut self, line: &str) {
        if self.terminal {
            eprint!("\r\x1b[K{line}");
        } else if self.last.is_none_or(|last| last.elapsed() >= PROGRESS_EVERY) {
            eprintln!("{line}");
            self.last = Some(Instant::now());
        }
    }

    fn ends(&self) {
        if self.terminal {
            eprintln!();
        }
    }
}

fn list(as_json: bool) {
    if as_json {
        println!("{}", json!({"stories": STORIES}));
        return;
    }
    for story in STORIES {
        println!("{:>2}  {}", story.number, story.title);
        for missing in story.missing {
            println!("      manque encore : {missing}");
        }
    }
}

/// How a story goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Enter,
    After(Duration),
    AtOnce,
}

/// The person at the terminal.
struct Terminal {
    pace: Pace,
    silent: bool,
}

impl Audience for Terminal {
    async fn expects(&mut self, number: usize, step: &Step) -> bool {
        if !self.silent {
            println!("\n{number}. {}\n   Page : {}", step.says, step.page);
        }
        match self.pace {
            Pace::AtOnce => true,
            Pace::After(pause) => {
                tokio::time::sleep(pause).await;
                true
            }
            Pace::Enter => {
                eprint!("   (Entrée pour continuer) ");
                let read = tokio::task::spawn_blocking(|| {
                    std::io::stderr().flush().ok();
                    std::io::stdin().lock().read_line(&mut String::new())
                });
                // The end of the input is a wish to leave.
                matches!(read.await, Ok(Ok(length)) if length > 0)
            }
        }
    }

    fn sees(&mut self, line: &str) {
        if !self.silent {
            println!("   → {line}");
        }
    }
}

async fn tell(number: u32, doors: &Doors, pace: Pace, as_json: bool) -> Result<ExitCode> {
    let mut audience = Terminal { pace, silent: as_json };
    if let Some(story) = STORIES.into_iter().find(|story| story.number == number && !as_json) {
        println!("Récit {number}. {}", story.title);
    }
    let told = story::play(number, doors, &run_name(), &mut audience).await?;
    if as_json {
        println!("{}", serde_json::to_string(&told)?);
        return Ok(ExitCode::SUCCESS);
    }
    for missing in told.story.missing {
        println!("\nManque encore : {missing}");
    }
    Ok(ExitCode::SUCCESS)
}
