//! Who may use whom inside a service: every service has the same shape, and decisions stay free of the world.

use crate::source::Source;
use crate::tree::Tree;
use crate::{Finding, assert_found, assert_none};

/// A layer, the other layers it may name, and the crates it must not.
struct Layer {
    name: &'static str,
    may_use: &'static [&'static str],
    must_not_name: &'static [&'static str],
}

const LAYERS: [Layer; 8] = [
    Layer {
        name: "domain",
        may_use: &[],
        must_not_name: &[
            "guichet_db",
            "guichet_bus",
            "guichet_rpc",
            "guichet_proto",
            "guichet_telemetry",
            "tonic",
            "prost",
            "tokio",
            "sqlx",
        ],
    },
    Layer {
        name: "store",
        may_use: &["domain"],
        must_not_name: &["guichet_rpc", "guichet_proto", "tonic", "prost", "sqlx"],
    },
    Layer { name: "app", may_use: &["domain", "store"], must_not_name: &["guichet_proto", "tonic", "prost", "sqlx"] },
    Layer { name: "grpc", may_use: &["app", "domain"], must_not_name: &["guichet_db", "sqlx"] },
    Layer {
        name: "consumers",
        may_use: &["app", "domain"],
        must_not_name: &["guichet_proto", "tonic", "prost", "sqlx"],
    },
    Layer { name: "inbound", may_use: &["app", "domain"], must_not_name: &["guichet_proto", "tonic", "prost", "sqlx"] },
    Layer {
        name: "outbound",
        may_use: &["app", "domain"],
        must_not_name: &["guichet_proto", "tonic", "prost", "sqlx"],
    },
    Layer { name: "remote", may_use: &["app", "domain"], must_not_name: &["guichet_db", "sqlx"] },
];

/// Returns the layer of a service's file: `services/x/src/app/take.rs` and `services/x/src/app.rs` are both `app`.
fn layer_of(path: &str) -> Option<&'static Layer> {
    let mut parts = path.strip_prefix("services/")?.split('/').skip(1);
    let folder = parts.next().filter(|part| *part == "src").and_then(|_| parts.next())?;
    LAYERS.iter().find(|layer| layer.name == folder.trim_end_matches(".rs"))
}

/// Returns the modules named right after `crate::`, one by one or in braces, each with its offset.
fn modules_used(source: &Source) -> Vec<(String, usize)> {
    let mut modules = Vec::new();
    for at in source.find("crate::") {
        let start = at + "crate::".len();
        let rest = &source.code[start..];
        if !rest.starts_with('{') {
            modules.push((first_word(rest), at));
            continue;
        }
        let mut depth = 0_u32;
        for piece in source.code[start + 1..source.close(start)].split_inclusive([',', '{', '}']) {
            if depth == 0 {
                modules.push((first_word(piece), at));
            }
            depth = if piece.ends_with('{') {
                depth + 1
            } else if piece.ends_with('}') {
                depth.saturating_sub(1)
            } else {
                depth
            };
        }
    }
    modules.retain(|(name, _)| !name.is_empty());
    modules
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn inside_services(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, source) in tree.product() {
        let Some(layer) = layer_of(&file.path) else { continue };
        for (module, at) in modules_used(&source) {
            let is_layer = LAYERS.iter().any(|other| other.name == module);
            if is_layer && module != layer.name && !layer.may_use.contains(&module.as_str()) {
                let what = format!("`{}` must not use `{module}`", layer.name);
                findings.push(Finding::new(&file.path, source.line(at), what));
            }
        }
        for name in layer.must_not_name {
            for at in source.find(name) {
                findings.push(Finding::new(
                    &file.path,
                    source.line(at),
                    format!("`{}` must not name `{name}`", layer.name),
                ));
            }
        }
        if layer.name == "domain" {
            for at in source.find("async") {
                findings.push(Finding::new(&file.path, source.line(at), "`domain` decides: nothing in it waits"));
            }
        }
    }
    findings
}

#[test]
fn layers_of_a_service_use_each_other_as_the_map_says() {
    assert_none(&inside_services(Tree::project()));
}

#[test]
fn a_use_against_the_layers_is_seen() {
    let tree = Tree::example(&[
        (
            "services/routing/src/domain/queue.rs",
            "use guichet_core::Reference;\nuse crate::store::Store;\npub async fn f() {}",
        ),
        (
            "services/routing/src/app/take.rs",
            "use crate::{\n    domain::{grpc, Queue}, store, grpc};\n// tonic\nfn f() -> tonic::Status {}",
        ),
        ("services/routing/src/grpc.rs", "use crate::app::take;\nuse crate::{Error, consumers};"),
        ("services/routing/src/lib.rs", "use crate::{grpc, store};"),
        ("services/routing/src/store/queue.rs", "#[cfg(test)]\nmod tests { use crate::app; }"),
    ]);
    let expected = [
        "2: `domain` must not use `store`",
        "3: `domain` decides: nothing in it waits",
        "1: `app` must not use `grpc`",
        "4: `app` must not name `tonic`",
        "2: `grpc` must not use `consumers`",
    ];
    assert_found(&inside_services(&tree), &expected);
}
