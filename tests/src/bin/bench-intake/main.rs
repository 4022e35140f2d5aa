//! `cargo xtask bench intake`: how fast requests are taken in durably, beside the same rows in one bare transaction on
//! the same PostgreSQL; how fast mail is taken over SMTP, and what one mail costs all processes together.
//!
//! Everything is measured in one run on one machine: only the ratios travel.

mod bare;
mod cpu;
mod http;
mod smtp;

use guichet_tests::{Guichet, Kind, Topology};

const HELP: &str = "\
cargo xtask bench intake [--seconds N] [--mails N] [--json]
  --seconds N   length of each measure (default 5)
  --mails N     e-mails sent over SMTP (default 400)
  --json        one JSON object for programs
Example: cargo xtask bench intake --seconds 10 --json";

/// Clients at once.
const CLIENTS: [usize; 3] = [1, 8, 32];

struct Arguments {
    seconds: u64,
    mails: usize,
    json: bool,
}

/// One row of the table.
#[derive(serde::Serialize)]
struct Row {
    clients: usize,
    http_per_second: f64,
    http_alone_per_second: f64,
    bare_per_second: f64,
    ratio: f64,
    ratio_alone: f64,
}

#[derive(serde::Serialize)]
struct Report {
    rows: Vec<Row>,
    smtp: smtp::Figures,
}

fn main() {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n{HELP}");
            std::process::exit(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let report = runtime.block_on(measure(&arguments));
    if arguments.json {
        println!("{}", serde_json::to_string(&report).expect("plain data"));
        return;
    }
    println!("clients   http/s   http/s, intake alone   bare tx/s   ratio   ratio, intake alone");
    for row in &report.rows {
        println!(
            "{:>7} {:>8.0} {:>22.0} {:>11.0} {:>7.2} {:>21.2}",
            row.clients,
            row.http_per_second,
            row.http_alone_per_second,
            row.bare_per_second,
            row.ratio,
            row.ratio_alone
        );
    }
    let smtp = &report.smtp;
    println!(
        "smtp: {} mails, {:.0} mails/s, {:.1} ms of CPU a mail in intake, {:.1} ms in all processes until everything was told",
        smtp.mails, smtp.mails_per_second, smtp.intake_cpu_ms_per_mail, smtp.all_cpu_ms_per_mail
    );
}

fn parse(arguments: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut parsed = Arguments { seconds: 5, mails: 400, json: false };
    let mut arguments = arguments.peekable();
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|value| value.parse::<u64>().ok()).ok_or("a number is missing");
        match argument.as_str() {
            "--seconds" => parsed.seconds = number()?,
            "--mails" => parsed.mails = usize::try_from(number()?).map_err(|error| error.to_string())?,
            "--json" => parsed.json = true,
            other => return Err(format!("`{other}` is not an option")),
        }
    }
    Ok(parsed)
}

async fn measure(arguments: &Arguments) -> Report {
    let guichet = Guichet::start(Kind::Split).await;
    let Topology::Split { database, .. } = &guichet.topology else { unreachable!("started split") };
    let mut rows = Vec::new();
    for clients in CLIENTS {
        eprintln!("measuring {clients} clients…");
        let http_per_second = http::rate(&guichet, clients, arguments.seconds).await;
        // The others asleep: what intake itself takes in, as on a machine of its own.
        pause_others(&guichet, true);
        let http_alone_per_second = http::rate(&guichet, clients, arguments.seconds).await;
        pause_others(&guichet, false);
        let bare_per_second = bare::rate(database, clients, arguments.seconds).await;
        let (ratio, ratio_alone) = (http_per_second / bare_per_second, http_alone_per_second / bare_per_second);
        rows.push(Row { clients, http_per_second, http_alone_per_second, bare_per_second, ratio, ratio_alone });
    }
    drop(guichet);
    eprintln!("measuring mail…");
    let guichet = Guichet::start(Kind::Split).await;
    Report { rows, smtp: smtp::measure(&guichet, arguments.mails).await }
}

/// Puts to sleep, or wakes, what is neither the gateway nor intake.
fn pause_others(guichet: &Guichet, paused: bool) {
    for (name, process) in &guichet.processes {
        if !["gateway", "intake"].contains(&name.as_str()) {
            process.pause(paused);
        }
    }
}
