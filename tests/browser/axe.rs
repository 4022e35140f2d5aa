//! axe-core, the accessibility checker, run inside the page shown. It is a package of npm that `cargo xtask setup` puts
//! beside what cargo builds; a script of the driver is not held back by the page's content policy.

use crate::browser::Browser;

/// WCAG 2.2 up to AA, and what its authors hold to be good practice.
const RUN: &str = "const done = arguments[arguments.length - 1];
    const values = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    axe.run(document, {runOnly: {type: 'tag', values}, resultTypes: ['violations']}).then(
        found => done(found.violations.flatMap(rule =>
            rule.nodes.map(node => `${rule.id} (${rule.help})\\n    ${node.html}\\n    ${node.failureSummary}`))),
        error => done(['axe failed: ' + error]));";
const SOURCE: &str = "axe/node_modules/axe-core/axe.min.js";

/// Returns the source of the checker.
pub(crate) fn source() -> String {
    let here = std::env::current_exe().expect("this program has a path");
    let found = here.ancestors().map(|folder| folder.join(SOURCE)).find(|file| file.is_file());
    let file = found.expect("axe-core is not installed: run `cargo xtask setup`");
    std::fs::read_to_string(file).expect("axe-core can be read")
}

/// Brings the checker into the page shown, until one leaves it.
pub(crate) async fn bring(browser: &Browser, source: &str) {
    browser.script(source).await;
}

/// Returns the name and version of the checker in the page shown.
pub(crate) async fn engine(browser: &Browser) -> String {
    format!("axe-core {}", browser.script("return axe.version").await.as_str().unwrap_or_default())
}

/// Returns the rules that the page breaks in its present setting, each with the piece of HTML.
pub(crate) async fn violations(browser: &Browser) -> Vec<String> {
    let found = browser.slow_script(RUN).await;
    let found = found.as_array().expect("axe gives a list");
    found.iter().map(|violation| violation.as_str().unwrap_or_default().to_owned()).collect()
}
