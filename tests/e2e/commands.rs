//! The command line and the process itself.

use guichet_tests::{Guichet, Kind};
use serde_json::Value;
use std::process::Command;

use crate::scenarios;

scenarios! {
    status_has_its_documented_shape,
    the_directory_that_is_exported_is_the_one_that_was_imported,
    a_process_told_to_stop_ends_by_itself,
    mail_from_an_mtas_pipe_is_taken,
    a_delay_is_counted_step_by_step,
}

async fn status_has_its_documented_shape(g: Guichet) {
    let status: Value = serde_json::from_str(&g.command(&["status", "--json"]).await).expect("JSON");
    for pointer in [
        "/version",
        "/ready",
        "/requests/total",
        "/requests/open",
        "/queue/waiting",
        "/queue/oldest_seconds",
        "/deliveries/queued",
        "/deliveries/accepted",
        "/deliveries/failed",
        "/deliveries/unknown",
        "/outbox/lag",
    ] {
        assert!(status.pointer(pointer).is_some(), "{pointer} is missing in {status}");
    }
    assert_eq!(status["ready"], true);
}

async fn the_directory_that_is_exported_is_the_one_that_was_imported(g: Guichet) {
    let folder = guichet_testkit::temp_dir();
    let target = folder.path().join("exported").display().to_string();
    g.command(&["directory", "export", &target]).await;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent");
    let ours = guichet_directory::load(&root.join("demo/directory"));
    let theirs = guichet_directory::load(std::path::Path::new(&target));
    assert_eq!(sorted(ours), sorted(theirs));
}

/// Returns all that a folder says, in an order of its own.
fn sorted(mut loaded: guichet_directory::Loaded) -> Vec<guichet_directory::Bundle> {
    for bundle in &mut loaded.bundles {
        bundle
            .texts
            .sort_by(|one, two| (&one.name, &one.medium, &one.language).cmp(&(&two.name, &two.medium, &two.language)));
        bundle.sheets.sort_by(|one, two| one.external_id.cmp(&two.external_id));
    }
    loaded.bundles.sort_by(|one, two| one.directory.authority.code.cmp(&two.directory.authority.code));
    loaded.bundles
}

async fn a_process_told_to_stop_ends_by_itself(mut g: Guichet) {
    let name = g.processes[0].0.clone();
    let status = g.process(&name).terminate().await;
    assert!(status.success(), "{name} ended with {status}\n{}", g.logs());
}

async fn mail_from_an_mtas_pipe_is_taken(g: Guichet) {
    let raw = "From: pipe@citoyen.example\r\nTo: guichet@valorme.example\r\nSubject: Par le tuyau\r\n\
               Date: Mon, 23 Nov 2026 09:00:00 +0100\r\nMessage-ID: <tuyau@citoyen.example>\r\n\r\nBonjour.\r\n";
    let (url, data) = (g.url.clone(), g.data_dir().display().to_string());
    let run = |url: String, raw: &'static str| {
        let data = data.clone();
        tokio::task::spawn_blocking(move || {
            use std::io::Write;
            let mut child = Command::new(guichet_tests::binary())
                .args([
                    "mail",
                    "--from",
                    "pipe@citoyen.example",
                    "--to",
                    "guichet@valorme.example",
                    "--url",
                    &url,
                    "--data",
                    &data,
                ])
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .expect("the command starts");
            child.stdin.take().expect("a pipe").write_all(raw.as_bytes()).expect("writes");
            child.wait().expect("ends").code()
        })
    };
    assert_eq!(run(url.clone(), raw).await.expect("runs"), Some(0));
    assert_eq!(run(url, "pas un message").await.expect("runs"), Some(65), "the MTA returns it to its sender");
    let away = format!("http://127.0.0.1:{}", guichet_testkit::free_port());
    assert_eq!(run(away, raw).await.expect("runs"), Some(75), "the MTA keeps it");
}

async fn a_delay_is_counted_step_by_step(g: Guichet) {
    let asked = ["calendar", "explain", "--authority", "valorme", "--department", "UR", "--from", "2026-11-10T10:00"];
    let told = g.command(&[&asked[..], &["--delay", "3 jo"]].concat()).await;
    for line in [
        "mercredi 11 novembre 2026 : férié (armistice de 1918), ne compte pas",
        "vendredi 13 novembre 2026 : jour ouvré, 2e jour",
        "samedi 14 novembre 2026 : week-end, ne compte pas",
        "Échéance : lundi 16 novembre 2026 à 17 h 00, à la fermeture.",
    ] {
        assert!(told.contains(line), "{line} is missing in\n{told}");
    }
    let told = g.command(&[&asked[..], &["--delay", "3 jo", "--json"]].concat()).await;
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["due"], "2026-11-16T16:00:00Z", "{told}");
    assert_eq!(told["steps"][1]["kind"], "holiday");
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused() {
    let g = Guichet::start(Kind::AllInOne).await;
    let output = Command::new(guichet_tests::binary())
        .args(["--data", &g.data_dir().display().to_string(), "--set", "server.http=127.0.0.1:0"])
        .output()
        .expect("starts");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("GU-CFG-005"), "{text}");
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_right_name() {
    let output = Command::new(guichet_tests::binary()).args(["--set", "server.htpp=1", "config", "check"]).output();
    let text = String::from_utf8_lossy(&output.expect("starts").stderr).into_owned();
    assert!(text.contains("did you mean `http`"), "{text}");
}

#[test]
fn a_simulated_day_of_a_folder_is_told_in_french_and_is_the_same_each_time() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a parent").join("demo/directory");
    let play = |options: &[&str]| {
        let output = Command::new(guichet_tests::binary())
            .arg("simulate")
            .arg(&folder)
            .args(["--contacts", "150"])
            .args(options)
            .output();
        let output = output.expect("starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let told = play(&["--policy", "fifo"]);
    assert!(told.starts_with("150 demandes ; la moitié attend moins de "), "{told}");
    assert_eq!(told, play(&["--policy", "fifo"]));
    let unchanged = play(&["--against", &folder.display().to_string()]);
    assert!(unchanged.ends_with("Rien ne change.\n"), "{unchanged}");
    let imitated = play(&["--policy", "genesys-like"]);
    assert!(imitated.contains(", au lieu de "), "{imitated}");
    let away = play(&["--less", "gaelle.registre"]);
    assert!(away.contains("Essai : Gaëlle Registre n'est pas là.\n"), "{away}");
    let figures: Value = serde_json::from_str(&play(&["--json"])).expect("JSON");
    assert_eq!((&figures["day"]["contacts"], &figures["other"]), (&Value::from(150), &Value::Null));
}

#[test]
fn split_processes_without_their_neighbours_are_refused_with_what_to_set() {
    let folder = guichet_testkit::temp_dir();
    let output = Command::new(guichet_tests::binary())
        .args(["--data", &folder.path().display().to_string(), "serve", "--target", "routing"])
        .output();
    let text = String::from_utf8_lossy(&output.expect("starts").stderr).into_owned();
    assert!(text.contains("GU-CFG-007") && text.contains("[storage] url"), "{text}");
}

#[test]
fn what_would_be_ignored_in_silence_is_refused() {
    let output =
        Command::new(guichet_tests::binary()).args(["--set", "blobs.url=s3://bucket", "config", "check"]).output();
    let text = String::from_utf8_lossy(&output.expect("starts").stderr).into_owned();
    assert!(text.contains("GU-CFG-013"), "{text}");
}

#[test]
fn files_of_an_earlier_release_are_not_forgotten() {
    let folder = guichet_testkit::temp_dir();
    std::fs::create_dir(folder.path().join("blobs")).expect("a folder");
    let check = |setting: &str| {
        let data = folder.path().display().to_string();
        let mut command = Command::new(guichet_tests::binary());
        command.args(["--data", &data, "--set", "storage.url=postgres://guichet@localhost/guichet", "--set", setting]);
        let output = command.args(["config", "check"]).output().expect("starts");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (is_right, text) = check("bus.url=redis://localhost");
    assert!(!is_right && text.contains("GU-CFG-016") && text.contains("[blobs] url = \"file:"), "{text}");
    for setting in ["blobs.url=database:", "blobs.url=file:/somewhere"] {
        let (is_right, text) = check(setting);
        assert!(is_right, "{text}");
    }
}
