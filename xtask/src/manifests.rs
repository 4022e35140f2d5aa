//! `cargo xtask manifests`: every overlay rendered, held against the schemas of Kubernetes and a list of good habits; the
//! alerts checked and tried against invented days.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::launch::{answers, built_folder, program, root, run as launch, words};

pub(crate) const HELP: &str = "\
  manifests             renders each overlay of k8s and checks it: schemas, habits, alerts
                          cargo xtask manifests
                        (needs kubectl 1.28 or newer and Prometheus' promtool; kubernetes-validate and checkov are
                        installed with pip into the build folder)";

/// Programs that no index has in a fit version, what makes them answer, and what they are for.
const NEEDED: [(&str, &[&str], &str); 2] = [
    ("kubectl", &["version", "--client"], "it renders the overlays"),
    ("promtool", &["--version"], "it tries the alerts"),
];
/// Overlays whose every kind is Kubernetes' own, and so has a schema.
const PLAIN: [&str; 3] = ["trial", "production", "production-with-volumes"];
/// The overlay that adds kinds of operators: it must render.
const WITH_OPERATORS: &str = "production-with-operators";
/// What `checkov` is told to skip; `k8s/README.md` says why.
const SKIPPED_CHECKS: &str = "CKV_K8S_11,CKV_K8S_15,CKV_K8S_43";
const CHECKERS: [&str; 3] = ["kubernetes-validate", "checkov", "pyyaml"];
const ALERTS: &str = "k8s/components/monitoring";
/// Writes the rules out of the resource that holds them, as Prometheus reads them.
const RULES: &str =
    "import sys, yaml; print(yaml.safe_dump(yaml.safe_load(open(sys.argv[1]))['spec'], allow_unicode=True))";

pub(crate) fn run(_: &[String]) -> crate::Outcome {
    for (name, asked, why) in NEEDED {
        if !answers(name, asked) {
            return Err(format!("{name} is not found, and {why}: install it, then run this again"));
        }
    }
    let folder = built_folder("manifests")?;
    let tools = checkers(&folder)?;
    let mut plain = Vec::new();
    for overlay in PLAIN.into_iter().chain([WITH_OPERATORS]) {
        let file = folder.join(format!("{overlay}.yaml"));
        let rendered = output(program("kubectl", &["kustomize"]).arg(root().join("k8s/overlays").join(overlay)))?;
        let objects = rendered.split("\n---\n").count();
        std::fs::write(&file, rendered).map_err(|error| format!("could not write {}: {error}", file.display()))?;
        println!("{overlay}: {objects} objects");
        if overlay != WITH_OPERATORS {
            plain.push(file);
        }
    }
    launch(Command::new(tools.join("kubernetes-validate")).arg("--strict").args(&plain))?;
    let mut habits = Command::new(tools.join("checkov"));
    habits.args(["--skip-download", "--quiet", "--compact", "--framework", "kubernetes"]);
    launch(
        habits.args(["--skip-check", SKIPPED_CHECKS]).args(plain.iter().flat_map(|file| [Path::new("--file"), file])),
    )?;
    alerts(&folder, &tools)
}

/// Copies the alerts beside their tests and asks promtool about both.
fn alerts(folder: &Path, tools: &Path) -> crate::Outcome {
    let source = root().join(ALERTS);
    let rules = output(Command::new(tools.join("python3")).args(["-c", RULES]).arg(source.join("alerts.yaml")))?;
    let write = |name: &str, text: &[u8]| {
        std::fs::write(folder.join(name), text).map_err(|error| format!("could not write {name}: {error}"))
    };
    write("rules.yaml", rules.as_bytes())?;
    let tests = std::fs::read(source.join("alerts.test.yaml")).map_err(|error| format!("alerts.test.yaml: {error}"))?;
    write("alerts.test.yaml", &tests)?;
    launch(program("promtool", &["check", "rules", "rules.yaml"]).current_dir(folder))?;
    launch(program("promtool", &["test", "rules", "alerts.test.yaml"]).current_dir(folder))
}

/// Returns the folder of the checkers, installed when they are missing.
fn checkers(folder: &Path) -> Result<PathBuf, String> {
    let environment = folder.join("checkers");
    let tools = environment.join("bin");
    if !tools.join("checkov").is_file() || !tools.join("kubernetes-validate").is_file() {
        launch(program("python3", &["-m", "venv"]).arg(&environment))?;
        launch(
            Command::new(tools.join("pip")).args(["install", "--quiet", "--disable-pip-version-check"]).args(CHECKERS),
        )?;
    }
    Ok(tools)
}

/// Runs a command and returns what it printed.
fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("could not run {}: {error}", words(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{} failed ({}): {}", words(command), output.status, said.trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{} printed no text", words(command)))
}
