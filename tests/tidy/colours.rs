//! The contrasts that the page on the visual language claims are those of the stylesheet.

use std::collections::BTreeMap;

use guichet_core::colour::{Colour, TEXT_CONTRAST_MIN};

use crate::tree::Tree;
use crate::{Finding, assert_found, assert_none};

const STYLESHEET: &str = "gateway/assets/guichet.css";
const PAGE: &str = "docs/design.md";
const DARK: &str = "@media (prefers-color-scheme: dark)";
/// WCAG 2.2, 1.4.11.
const CONTROL_MIN: f64 = 3.0;
/// The page rounds to one decimal.
const ROUNDING: f64 = 0.051;

type Tokens<'a> = BTreeMap<&'a str, &'a str>;

/// Returns the colour tokens of the light and of the dark scheme.
fn schemes(css: &str) -> [Tokens<'_>; 2] {
    let (light, rest) = css.split_once(DARK).unwrap_or((css, ""));
    let dark = rest.split_once("\n}").map_or(rest, |(block, _)| block);
    let light = tokens(light);
    let mut both = light.clone();
    both.extend(tokens(dark));
    [light, both]
}

fn tokens(css: &str) -> Tokens<'_> {
    let declared =
        css.lines().filter_map(|line| line.trim().strip_prefix("--")?.trim_end_matches(';').split_once(": "));
    declared.filter(|(_, value)| value.len() == 7 && value.starts_with('#')).collect()
}

/// Returns the contrast of two tokens.
fn contrast(tokens: &Tokens<'_>, one: &str, other: &str) -> Option<f64> {
    Some(Colour::parse(tokens.get(one)?)?.contrast(Colour::parse(tokens.get(other)?)?))
}

fn contrasts(tree: &Tree) -> Vec<Finding> {
    let text_of = |path: &str| tree.texts(path).find(|(file, _)| file.path == path).map(|(_, text)| text);
    let (Some(css), Some(page)) = (text_of(STYLESHEET), text_of(PAGE)) else { return Vec::new() };
    let schemes = schemes(css);
    let mut findings = Vec::new();
    let mut least = TEXT_CONTRAST_MIN;
    for (line, text) in page.lines().enumerate() {
        if text.starts_with("| Around") {
            least = CONTROL_MIN;
        }
        let cells: Vec<&str> = text.trim_matches('|').split('|').map(str::trim).collect();
        let [one, other, light, dark] = cells[..] else { continue };
        if !(one.starts_with('`') && other.starts_with('`')) {
            continue;
        }
        for (tokens, claimed) in schemes.iter().zip([light, dark]) {
            let found = contrast(tokens, one.trim_matches('`'), other.trim_matches('`'));
            let problem = match (found, claimed.parse::<f64>()) {
                (None, _) => format!("{one} or {other} is no colour of the stylesheet"),
                (Some(found), _) if found < least => format!("{one} on {other} reaches {found:.2}, below {least}"),
                (Some(found), Ok(claimed)) if (found - claimed).abs() < ROUNDING => continue,
                (Some(found), _) => format!("{one} on {other} is {found:.1}, not {claimed}"),
            };
            findings.push(Finding::new(PAGE, line + 1, problem));
        }
    }
    findings
}

#[test]
fn every_contrast_is_as_the_page_says_and_enough() {
    assert_none(&contrasts(Tree::project()));
}

#[test]
fn a_pale_text_or_an_old_figure_is_found() {
    let css = ":root {\n  --ink: #000000;\n  --pale: #999999;\n  --paper: #ffffff;\n}\n@media (prefers-color-scheme: dark) {\n  :root {\n    --ink: #ffffff;\n    --paper: #000000;\n  }\n}\n";
    let page = "| `ink` | `paper` | 21.0 | 21.0 |\n| `pale` | `paper` | 2.8 | 7.4 |\n| `ink` | `paper` | 20.0 | 21.0 |\n| `ink` | `sky` | 1 | 1 |";
    let tree = Tree::example(&[(STYLESHEET, css), (PAGE, page)]);
    assert_found(
        &contrasts(&tree),
        &[
            "2: `pale` on `paper` reaches 2.85, below 4.5",
            "3: `ink` on `paper` is 21.0, not 20.0",
            "4: `ink` or `sky` is no colour of the stylesheet",
            "4: `ink` or `sky` is no colour of the stylesheet",
        ],
    );
}
