//! A person in front of the product: reads words, fills in fields by their labels, presses what is named.

use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fantoccini::Locator;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use guichet_testkit::{wait_for, wait_until};
use guichet_tests::{Guichet, PATIENCE};
use serde_json::{Value, json};

use crate::chromium::Chromium;

/// Presses of Tab after which a page has no such control: the longest page has far fewer.
const TABS_MAX: usize = 120;
/// What a person would call the control that has the focus.
const FOCUSED: &str = "const e = document.activeElement;
    const label = e.labels && e.labels.length ? e.labels[0].innerText : e.innerText;
    return label || e.value || '';";

/// A screen, and what its owner prefers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    /// Part of the name of a picture.
    pub(crate) name: &'static str,
    width: u32,
    height: u32,
    scheme: &'static str,
}

/// A desk's screen and a phone, by day and by night.
pub(crate) const SETTINGS: [Setting; 4] = [
    Setting { name: "1280-light", width: 1280, height: 900, scheme: "light" },
    Setting { name: "1280-dark", width: 1280, height: 900, scheme: "dark" },
    Setting { name: "390-light", width: 390, height: 844, scheme: "light" },
    Setting { name: "390-dark", width: 390, height: 844, scheme: "dark" },
];

/// A browser that shows the product.
#[derive(Debug)]
pub(crate) struct Browser {
    chromium: Chromium,
    url: String,
    shots: Option<PathBuf>,
}

impl Browser {
    /// Opens a browser that has seen nothing yet.
    pub(crate) async fn open(guichet: &Guichet) -> Self {
        let shots = std::env::var_os("BROWSER_SHOTS").map(PathBuf::from);
        let browser = Self { chromium: Chromium::start().await, url: guichet.url.clone(), shots };
        browser.set(SETTINGS[0]).await;
        browser
    }

    /// Closes it.
    pub(crate) async fn close(self) {
        self.chromium.client.clone().close().await.expect("the browser closes");
    }

    /// Changes the screen under the page shown.
    pub(crate) async fn set(&self, setting: Setting) {
        let metrics =
            json!({"width": setting.width, "height": setting.height, "deviceScaleFactor": 1, "mobile": false});
        self.chromium.command("Emulation.setDeviceMetricsOverride", metrics).await;
        let features = json!([{"name": "prefers-color-scheme", "value": setting.scheme}]);
        self.chromium.command("Emulation.setEmulatedMedia", json!({"media": "", "features": features})).await;
    }

    /// Shows the page as a printer would.
    pub(crate) async fn show_as_printed(&self) {
        self.chromium.command("Emulation.setEmulatedMedia", json!({"media": "print"})).await;
    }

    /// Opens an address of the product.
    pub(crate) async fn goto(&self, path: &str) {
        self.chromium.client.goto(&format!("{}{path}", self.url)).await.expect("the page opens");
    }

    /// Runs a script in the page and returns what it returns.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.chromium.client.execute(script, Vec::new()).await.expect("the script runs")
    }

    /// Runs a script that calls its last argument when it is done, and returns what it gives it.
    pub(crate) async fn slow_script(&self, script: &str) -> Value {
        self.chromium.client.execute_async(script, Vec::new()).await.expect("the script runs")
    }

    /// Returns the words on the screen.
    pub(crate) async fn text(&self) -> String {
        // Between two pages there is none.
        let text = self.chromium.client.execute("return document.body.innerText", Vec::new()).await;
        text.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Waits until some words are on the screen.
    pub(crate) async fn sees(&self, words: &str) {
        let seen = std::panic::AssertUnwindSafe(wait_until(PATIENCE, async || self.text().await.contains(words)));
        if futures::FutureExt::catch_unwind(seen).await.is_err() {
            panic!("« {words} » is not on the page:\n{}", self.text().await);
        }
    }

    /// Opens an address again and again until some words are on the screen.
    pub(crate) async fn finds(&self, path: &str, words: &str) {
        let found = std::panic::AssertUnwindSafe(wait_until(PATIENCE, async || {
            self.goto(path).await;
            self.text().await.contains(words)
        }));
        if futures::FutureExt::catch_unwind(found).await.is_err() {
            panic!("« {words} » is not on {path}:\n{}", self.text().await);
        }
    }

    /// Signs an agent of the demo in by the form.
    pub(crate) async fn signs_in(&self, login: &str) {
        self.goto("/connexion").await;
        self.fill("Identifiant", login).await;
        self.fill("Mot de passe", "demo").await;
        self.press("Se connecter").await;
        self.sees("Propositions").await;
    }

    /// Returns what stands in the field that has this label.
    pub(crate) async fn value_of(&self, label: &str) -> String {
        let value = self.field(label).await.prop("value").await.expect("the page is still there");
        value.unwrap_or_default()
    }

    /// Waits until some words stand in the field that has this label.
    pub(crate) async fn has_typed(&self, label: &str, words: &str) {
        wait_until(PATIENCE, async || self.value_of(label).await.contains(words)).await;
    }

    /// Returns the address of the page.
    pub(crate) async fn address(&self) -> String {
        self.chromium.client.current_url().await.expect("a page is open").to_string()
    }

    /// Returns the words of the first element of a kind.
    pub(crate) async fn text_of(&self, selector: &str) -> String {
        let found = wait_for(PATIENCE, async || self.chromium.client.find(Locator::Css(selector)).await.ok()).await;
        found.text().await.expect("the page is still there")
    }

    /// Presses the button, link or fold that has these words.
    pub(crate) async fn press(&self, words: &str) {
        let path = ["button", "a", "summary"].map(|tag| format!("//{tag}[contains(normalize-space(.), \"{words}\")]"));
        self.find(&path.join("|"), words).await.click().await.unwrap_or_else(|error| panic!("« {words} »: {error}"));
    }

    /// Presses the button that has these words and no other.
    pub(crate) async fn press_exactly(&self, words: &str) {
        let button = self.find(&format!("//button[normalize-space(.) = \"{words}\"]"), words).await;
        button.click().await.unwrap_or_else(|error| panic!("« {words} »: {error}"));
    }

    /// Presses the words beside a round or a square to tick.
    pub(crate) async fn ticks(&self, words: &str) {
        let label = self.find(&format!("//label[contains(normalize-space(.), \"{words}\")]"), words).await;
        label.click().await.unwrap_or_else(|error| panic!("« {words} »: {error}"));
    }

    /// Follows the first link inside an element.
    pub(crate) async fn follow(&self, selector: &str) {
        let link = wait_for(PATIENCE, async || self.chromium.client.find(Locator::Css(selector)).await.ok()).await;
        link.click().await.expect("the link can be followed");
    }

    /// Types into the field that has this label, over what is there.
    pub(crate) async fn fill(&self, label: &str, value: &str) {
        let field = self.field(label).await;
        field.clear().await.expect("a field can be emptied");
        field.send_keys(value).await.expect("a field can be typed into");
    }

    /// Chooses from the list that has this label.
    pub(crate) async fn choose(&self, label: &str, choice: &str) {
        let option = format!(".//option[normalize-space(.) = \"{choice}\"]");
        let option = self.field(label).await.find(Locator::XPath(&option)).await;
        option.unwrap_or_else(|_| panic!("« {label} » has no « {choice} »")).click().await.expect("it can be chosen");
    }

    async fn field(&self, label: &str) -> Element {
        self.find(&format!("//*[@id = //label[contains(normalize-space(.), \"{label}\")]/@for]"), label).await
    }

    /// Returns an element, waited for: the words above it may be on the screen while the rest of the page is on its way.
    async fn find(&self, path: &str, words: &str) -> Element {
        let found = wait_for(PATIENCE, async || self.chromium.client.find(Locator::XPath(path)).await.ok());
        match futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(found)).await {
            Ok(found) => found,
            Err(_) => panic!("the page has no « {words} »:\n{}", self.text().await),
        }
    }

    /// Presses a key, or types a text, wherever the focus is.
    pub(crate) async fn types(&self, text: &str) {
        let keys = text.chars().fold(KeyActions::new("keyboard".to_owned()), |keys, value| {
            keys.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        self.chromium.client.perform_actions(keys).await.expect("keys can be pressed");
    }

    /// Returns what has the focus, in words.
    pub(crate) async fn focused(&self) -> String {
        self.script(FOCUSED).await.as_str().unwrap_or_default().trim().to_owned()
    }

    /// Presses Tab until the control with these words has the focus, and checks that one sees it.
    pub(crate) async fn tabs_to(&self, words: &str) {
        let mut passed = Vec::new();
        while passed.len() < TABS_MAX {
            self.types(crate::keyboard::TAB).await;
            let focused = self.focused().await;
            if focused.contains(words) {
                let outline = self.script("return getComputedStyle(document.activeElement).outlineStyle").await;
                assert_ne!(outline, "none", "one does not see that « {words} » has the focus");
                return;
            }
            passed.push(focused);
        }
        panic!("Tab does not lead to « {words} »; it leads to {passed:?}");
    }

    /// Keeps a picture of the whole page, when they are wanted.
    pub(crate) async fn picture(&self, name: &str, setting: Setting) {
        let Some(folder) = &self.shots else { return };
        let height = self.script("return document.documentElement.scrollHeight").await;
        let clip = json!({"x": 0, "y": 0, "width": setting.width, "height": height, "scale": 1});
        let options = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let picture = self.chromium.command("Page.captureScreenshot", options).await;
        let picture = BASE64_STANDARD.decode(picture["data"].as_str().expect("a picture")).expect("Base64");
        std::fs::create_dir_all(folder).expect("the folder can be made");
        std::fs::write(folder.join(format!("{name}-{}.png", setting.name)), picture).expect("it can be written");
    }
}
