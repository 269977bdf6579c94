//! The checker checked: each rule is broken once, in every spelling that the language allows, and kept once.

use crate::rules::{File, check};
use crate::source;

fn file(path: &str, text: &str) -> File {
    File { path: path.into(), text: format!("//! Made up.\n{text}") }
}

/// Lines and rules that these files break.
fn broken(files: &[(&str, &str)]) -> Vec<(usize, String)> {
    let files: Vec<File> = files.iter().map(|(path, text)| file(path, text)).collect();
    check(&files).into_iter().map(|broken| (broken.line, broken.rule)).collect()
}

fn keeps(path: &str, text: &str) {
    assert_eq!(broken(&[(path, text)]), [], "{path}: {text}");
}

/// Exactly one rule is broken, on the second line, where made-up text begins.
fn breaks(path: &str, text: &str, what: &str) {
    let broken = broken(&[(path, text)]);
    assert_eq!(broken.len(), 1, "{path}: {text}: {broken:?}");
    assert!(broken[0].0 == 2 && broken[0].1.contains(what), "{path}: {text}: {broken:?}");
}

#[test]
fn an_import_is_seen_in_every_spelling() {
    let spellings = [
        "use crate::hub::directory;",
        "use crate::hub as h;",
        "pub(crate) use crate::{relay::intake, hub::{directory, socket::*}};",
        "use {crate::relay, crate::hub::directory};",
        "use super::super::hub::directory;",
        "use relay_hub::hub;",
        "fn f() { crate::hub::directory::wake(); }",
        "fn f(x: &crate::hub::Directory) {}",
        "fn f() { println!(\"{}\", crate::hub::count()); }",
        "macro_rules! m { () => { $crate::hub::count() } }",
        "#[derive(crate::hub::Frame)] struct S;",
        "impl<T> crate::hub::Wake for T {}",
        "mod inner { use super::super::super::hub::Wake; }",
        "fn f() -> <u8 as crate::hub::Wake>::Out { g() }",
    ];
    for text in spellings {
        breaks("server/src/relay/intake.rs", text, "imports the room `hub`");
    }
}

#[test]
fn what_is_no_import_is_passed_over() {
    let texts = [
        "/// See `crate::hub::directory`.\nfn f() {}",
        "// use crate::hub;\nfn f() {}",
        "const TEXT: &str = \"crate::hub::directory\";",
        "#[cfg(test)]\nmod tests { use crate::hub::directory; fn f() { diesel::select(); } }",
        "#[cfg(test)]\nuse crate::hub::directory;\nuse crate::limits::door;",
        "use crate::relay::cancel; use self::draft::Draft; use super::lookup;",
        "use crate::{clock::Clock, secrets::Pepper, telemetry::span};",
        "fn hub(hub: u8) -> u8 { hub }",
    ];
    for text in texts {
        keeps("server/src/relay/intake.rs", text);
    }
}

#[test]
fn a_test_module_does_not_hide_what_follows() {
    let text = "#[cfg(test)] mod tests { use crate::hub::x; } use crate::cluster::y;";
    breaks("server/src/relay/intake.rs", text, "imports the room `cluster`");
}

#[test]
fn rooms_import_what_the_table_says() {
    let kept = [
        ("relay/intake.rs", "use relay_store::Lane; use relay_domain::Timestamp; use crate::limits::door;"),
        (
            "hub/directory.rs",
            "use crate::{relay::ingest, commands::refresh_sims}; use device_protocol::frame;",
        ),
        ("dialects/relayion/routes.rs", "use actix_web::web; use crate::relay::intake; use super::wire;"),
        ("dialects/relayion/notices.rs", "use crate::webhooks::Render; use relay_domain::message;"),
        ("hub/socket.rs", "use actix_ws::Session;"),
        ("hub/pairing.rs", "use actix_web::web;"),
        ("app.rs", "use crate::{hub, relay, dialects}; use relay_store::Lane; use actix_web::App;"),
        ("cli/demo/mod.rs", "use android_bridge::sim; use relay_ledger::judge; use crate::app;"),
        ("cli/demo.rs", "use android_bridge::sim; const BODY: &str = \"{\\\"recipientNumber\\\":1}\";"),
        ("main.rs", "use relay_hub::cli; fn main() { relay_hub::app::serve() }"),
    ];
    for (path, text) in kept {
        keeps(&format!("server/src/{path}"), text);
    }
    let broken = [
        ("dialects/relayion/routes.rs", "use relay_store::Lane;", "the crate `relay_store`"),
        ("dialects/relayion/routes.rs", "use crate::hub::directory;", "the room `hub`"),
        ("control/feed.rs", "use crate::dialects::relayion;", "the room `dialects`"),
        ("hub/session/task.rs", "use relay_store::Lane;", "the crate `relay_store`"),
        ("hub/session/task.rs", "use crate::dialects::Dialect;", "the room `dialects`"),
        ("limits/door.rs", "use crate::relay::keys;", "the room `relay`"),
        ("webhooks/pump.rs", "use crate::relay::keys;", "the room `relay`"),
        ("config/limits.rs", "use relay_domain::plan;", "the crate `relay_domain`"),
        ("sweeps/expiry.rs", "use relay_store::Lane;", "the crate `relay_store`"),
        ("cli/serve.rs", "use android_bridge::sim;", "the crate `android_bridge`"),
        ("relay/intake.rs", "use crate::app::Hub;", "the room `app`"),
        ("relay/mod.rs", "use super::*;", "every room"),
        ("relay/intake.rs", "extern crate android_bridge;", "the crate `android_bridge`"),
        ("attic/old.rs", "use crate::relay::keys;", "in no table"),
    ];
    for (path, text, what) in broken {
        breaks(&format!("server/src/{path}"), text, what);
    }
}

#[test]
fn a_dialect_never_names_another() {
    let two = |text| {
        let other = ("server/src/dialects/relaylr/wire.rs", "pub struct Send;");
        broken(&[("server/src/dialects/relayion/convert.rs", text), other])
    };
    assert_eq!(two("use crate::dialects::Dialect; use super::wire::Send;"), []);
    for text in ["use crate::dialects::relaylr::wire;", "use super::super::{relaylr::wire};"] {
        assert_eq!(two(text).len(), 1, "{text}");
    }
    keeps("server/src/dialects/mod.rs", "mod relayion; pub use relayion::Relayion;");
}

#[test]
fn frameworks_stay_where_they_belong() {
    breaks("server/src/relay/intake.rs", "use actix_web::HttpResponse;", "names actix");
    breaks("server/src/hub/session/task.rs", "fn f(s: actix_ws::Session) {}", "names actix");
    breaks("server/src/relay/intake.rs", "use diesel::prelude::*;", "names diesel");
    breaks("server/src/app.rs", "use diesel_migrations::embed_migrations;", "names diesel");
    keeps("server/store/src/changes/accept.rs", "use diesel::prelude::*; use relay_domain::message;");
}

#[test]
fn the_domain_is_pure() {
    for name in ["serde::Serialize", "tokio::time", "diesel::select", "actix_web::web", "std::fs::read"] {
        breaks("server/domain/src/plan.rs", &format!("fn f() {{ {name}(); }}"), "the domain names");
    }
    breaks(
        "server/domain/src/plan.rs",
        "use std::{cell::Cell, time::{Duration, Instant}};",
        "std::time::Instant",
    );
    breaks("server/domain/src/plan.rs", "#[derive(serde::Serialize)] struct S;", "the domain names");
    keeps("server/domain/src/plan.rs", "use std::time::Duration; use governor::clock::Clock;");
}

#[test]
fn crates_import_what_the_table_says() {
    breaks("server/ledger/src/judge.rs", "use relay_domain::MessageId;", "imports `relay_domain`");
    breaks("server/store/src/lane/run.rs", "use device_protocol::frame;", "imports `device_protocol`");
    breaks("device-protocol/src/hello.rs", "use relay_domain::sim;", "imports `relay_domain`");
    breaks("android-bridge/src/link.rs", "use relay_store::Lane;", "imports `relay_store`");
    keeps("android-bridge/src/bin/phone.rs", "use android_bridge::engine; use device_protocol::frame;");
}

#[test]
fn vendors_field_names_stand_in_wire_files_alone() {
    let texts = [
        "const FIELD: &str = \"recipientNumber\";",
        "#[serde(rename = \"recipientNumber\")] struct S;",
        "fn f() { json!({ \"recipientNumber\": 1 }); }",
        "const BODY: &str = r#\"{\"recipientNumber\":1}\"#;",
        "struct S { recipientNumber: String }",
    ];
    for text in texts {
        breaks("server/src/dialects/relayion/routes.rs", text, "recipientNumber");
        keeps("server/src/dialects/relayion/wire.rs", text);
        keeps("server/src/dialects/relayion/tests/sends.rs", text);
    }
    breaks("server/src/relay/wire.rs", texts[0], "recipientNumber");
    keeps(
        "server/src/relay/intake.rs",
        "/// A vendor's `recipientNumber`.\nstruct S { recipient_number: String }",
    );
}

#[test]
fn manifests_declare_what_the_table_says() {
    let manifest = |path: &str, text: &str| check(&[File { path: path.into(), text: text.into() }]).len();
    let broken = [
        ("server/domain/Cargo.toml", "[dependencies]\nserde = \"1\""),
        ("server/domain/Cargo.toml", "[dependencies]\ntokio.workspace = true"),
        ("server/domain/Cargo.toml", "[dependencies.serde]\nversion = \"1\""),
        ("server/domain/Cargo.toml", "[target.'cfg(unix)'.dependencies]\n\"serde\" = \"1\""),
        ("server/ledger/Cargo.toml", "[dependencies]\nrelay-domain.workspace = true"),
        ("server/Cargo.toml", "[dependencies]\ndiesel = { workspace = true }"),
        ("android-bridge/Cargo.toml", "[dependencies]\nactix-web = \"4\""),
        ("android-bridge/Cargo.toml", "[dependencies]\nrelay-domain = { path = \"x\" }"),
    ];
    for (path, text) in broken {
        assert_eq!(manifest(path, text), 1, "{path}: {text}");
    }
    let kept = [
        ("server/domain/Cargo.toml", "[package]\nserde = 1\n[dependencies]\n# serde\nuuid = \"1\""),
        ("server/store/Cargo.toml", "[dependencies]\ndiesel.workspace = true\nrelay-domain.workspace = true"),
        ("server/Cargo.toml", "[dependencies]\nactix-web.workspace = true\nrelay-store.workspace = true"),
        ("android-bridge/Cargo.toml", "[dependencies]\ndevice-protocol.workspace = true"),
    ];
    for (path, text) in kept {
        assert_eq!(manifest(path, text), 0, "{path}: {text}");
    }
}

#[test]
fn a_file_opens_with_what_it_owns_and_ends_in_time() {
    let bare = |text: &str| check(&[File { path: "xtask/src/main.rs".into(), text: text.into() }]).len();
    assert_eq!(bare("//! Says.\nfn main() {}"), 0);
    assert_eq!(bare("// Says nothing.\nfn main() {}"), 1);
    assert_eq!(bare(&format!("//! Says.\n{}", "\n".repeat(499))), 0);
    assert_eq!(bare(&format!("//! Says.\n{}", "\n".repeat(500))), 1);
}

#[test]
fn names_tell_what_is_inside() {
    for name in ["utils.rs", "helpers/text.rs", "common.rs", "device_manager.rs", "http_util.rs"] {
        let path = format!("server/store/src/lane/{name}");
        assert_eq!(check(&[file(&path, "")]).len(), 1, "{name}");
    }
    breaks("server/store/src/lane/run.rs", "mod helpers { }", "tells nothing");
    keeps("server/store/src/lane/commonwealth.rs", "");
}

#[test]
fn a_folder_of_sixteen_is_a_room_to_be_divided() {
    let many = |folder: &str, count| {
        let files: Vec<File> = (0..count).map(|n| file(&format!("{folder}/f{n}.rs"), "")).collect();
        check(&files).len()
    };
    assert_eq!(many("server/src/relay", 15), 0);
    assert_eq!(many("server/src/relay", 16), 1);
    assert_eq!(many("server/store/src/changes", 40), 0);
    assert_eq!(many("server/store/src/changes", 41), 1);
}

#[test]
fn what_cannot_be_read_is_told() {
    assert_eq!(broken(&[("server/src/relay/x.rs", "fn f( {")]).len(), 1);
}

#[test]
fn a_message_tells_file_line_rule_and_remedy() {
    let files =
        [file("server/src/relay/intake.rs", "use relay_domain::message;\nuse crate::hub::directory;")];
    let text = check(&files)[0].to_string();
    assert!(
        text.starts_with("server/src/relay/intake.rs:3: `relay` imports the room `hub`\n    relay may"),
        "{text}"
    );
}

#[test]
fn modules_are_named_as_the_compiler_does() {
    assert_eq!(source::module_of("relay/intake.rs"), ["relay", "intake"]);
    assert_eq!(source::module_of("relay/mod.rs"), ["relay"]);
    assert_eq!(source::module_of("lib.rs"), [""; 0]);
}
