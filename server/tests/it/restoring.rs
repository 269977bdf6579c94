//! A hub of an older copy: it starts only when it was restored, forgets no revocation, and sends nothing twice.

use std::path::Path;

use android_bridge::handset::Paired as PairedWhen;
use android_bridge::journal::SharedMemoryJournal;
use android_bridge::sim::CarrierProfile;
use android_bridge::{Identity, Phone, PhoneConfig, Storage};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::fleet::{Installation, Line, connected};
use crate::support::hub::{manage, run};
use crate::support::raw_phone::{Paired, RawPhone};
use crate::support::{Hub, HubOptions, eventually};

const TO: &str = "+436601234567";
const FROM: &str = "+436641234567";
const WORDS: &str = "run `relay-hub restore`";

async fn gone(line: &Line) {
    eventually("gone", || async { line.shown().await.filter(|device| device["status"] == "OFFLINE") }).await;
}

/// Waits until nothing is held any more.
async fn all_released(hub: &Hub) {
    eventually("nothing is held", || async {
        (hub.manage(&["held", "list"])["devices"] == json!([])).then_some(())
    })
    .await;
}

/// Another phone in place of a dead one, with nothing of its journal.
async fn re_install(town: &mut Installation, line: &mut Line) {
    let config = PhoneConfig {
        storage: Storage::Memory(SharedMemoryJournal::new()),
        identity: Identity::Paired(town.pair_again(&line.name).await, PairedWhen::JustNow),
        ..line.config().clone()
    };
    let phone = Phone::start(config).await.unwrap();
    connected(&phone).await;
    line.adopt(town, phone);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_traffic_is_restored_under_live_phones_and_nothing_is_sent_twice() {
    let mut town = Installation::start(HubOptions::default()).await;
    let lines = [town.line(CarrierProfile::quick()).await, town.line(CarrierProfile::quick()).await];
    let traffic: Vec<_> = lines
        .iter()
        .map(|line| {
            let customer = line.customer.clone();
            tokio::spawn(async move {
                // It ends with the hub, in the middle of whatever it does.
                let mut n = 0;
                while customer.send(TO, &format!("number {n}")).await.is_some() {
                    n += 1;
                }
                n
            })
        })
        .collect();
    lines[0].until("traffic flows", |phone| phone.counts.submitted > 50).await;
    let backup = town.back_up("backup");
    let after = lines[0].phone().state().borrow().counts.submitted + 50;
    lines[0].until("traffic went on", |phone| phone.counts.submitted > after).await;
    lines[1].phone().receive_sms(0, FROM, "taken in after the backup").await;
    eventually("it is stored", || async {
        (!lines[1].customer.list("/api/v1/inbound").await.is_empty()).then_some(())
    })
    .await;
    let report = town.restore(&backup).await;
    assert_eq!((&report["answer"], &report["incarnation"]), (&json!("restored"), &json!(2)));
    let mut accepted = 0;
    for sender in traffic {
        accepted += sender.await.unwrap();
    }
    for line in &lines {
        line.online().await;
    }
    all_released(&town.hub).await;
    // It goes on as if nothing had been.
    let new = lines[0].send(TO, "after the restore").await;
    lines[0].customer.until_status(&new, "DELIVERED").await;
    let counts = town.judge().await;
    assert!(counts.forgotten > 0 && counts.accepted > accepted, "{counts:?} of {accepted}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_phone_took_after_the_backup_is_bound_and_not_sent_again() {
    let mut town = Installation::start(HubOptions::default()).await;
    let mut lines = [town.line(CarrierProfile::quick()).await, town.line(CarrierProfile::quick()).await];
    let mut ids = Vec::new();
    for line in &mut lines {
        line.phone().go_offline().await;
        gone(line).await;
        ids.push(line.send(TO, "waits when the backup is made").await);
    }
    let backup = town.back_up("backup");
    // One has sent it since, the other has only taken it.
    lines[1].phone().set_service(false).await;
    for line in &lines {
        line.phone().go_online().await;
    }
    lines[0].customer.until_status(&ids[0], "DELIVERED").await;
    lines[1].until("has taken it", |phone| phone.unfinished == 1).await;
    town.restore(&backup).await;
    lines[0].customer.until_status(&ids[0], "DELIVERED").await;
    lines[1].customer.until_status(&ids[1], "DISPATCHED").await;
    lines[1].phone().set_service(true).await;
    lines[1].customer.until_status(&ids[1], "DELIVERED").await;
    for id in &ids {
        assert_eq!(town.submits_of(id), 1);
    }
    all_released(&town.hub).await;
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_re_installed_phone_may_have_had_waits_for_the_operator() {
    let options = HubOptions::default().with(&["--uncertain-after", "1s"]);
    let mut town = Installation::start(options).await;
    let mut lines = [town.line(CarrierProfile::quick()).await, town.line(CarrierProfile::quick()).await];
    let mut ids = Vec::new();
    for line in &mut lines {
        line.kill().await;
        gone(line).await;
        ids.push(line.send(TO, "waits when the backup is made").await);
    }
    let backup = town.back_up("backup");
    let report = town.restore(&backup).await;
    assert_eq!(report["held"], json!({ "queued": 2, "dispatched": 0, "devices": 2 }));
    for line in &mut lines {
        re_install(&mut town, line).await;
    }
    let (customer, id) = (&lines[0].customer, &ids[0]);
    let refused = customer.ask(Method::DELETE, &format!("/api/v1/outbound/{id}"), None).await.unwrap();
    assert_eq!((refused.status, &refused.body["error"]["code"]), (409, &json!("HELD_AFTER_RESTORE")));
    let asked =
        customer.ask(Method::GET, &format!("/api/v1/outbound/{id}?include=wait"), None).await.unwrap();
    assert_eq!(asked.body["data"]["wait"]["reason"], "held_restored");
    let held = town.hub.manage(&["held", "list"]);
    let states: Vec<&Value> = held["devices"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["unclear", "unclear"]);
    let shown = town.hub.manage(&["held", "show", &lines[0].name]);
    assert_eq!((&shown["messages"][0]["id"], &shown["messages"][0]["to"]), (&json!(id), &json!(TO)));
    assert_eq!(town.hub.manage(&["device", "list"])["devices"][0]["held"], 1);
    let released = town.hub.manage(&["held", "release", &lines[0].name]);
    assert_eq!((&released["decision"], &released["messages"]), (&json!("released"), &json!(1)));
    customer.until_status(id, "DELIVERED").await;
    let given_up = town.hub.manage(&["held", "give-up", &lines[1].name]);
    assert_eq!((&given_up["decision"], &given_up["messages"]), (&json!("given_up"), &json!(1)));
    let failed = lines[1].customer.until_status(&ids[1], "FAILED").await;
    assert!(failed["failureReason"].as_str().unwrap().starts_with("Outcome unknown"), "{failed}");
    assert_eq!(town.submits_of(&ids[1]), 0);
    all_released(&town.hub).await;
    // The line is as good as before.
    let new = lines[1].send(TO, "after it").await;
    lines[1].customer.until_status(&new, "DELIVERED").await;
    town.judge().await;
}

/// The files of a data directory, and what is in them.
fn files(data: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(data)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name() != "hub.lock")
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

/// Nothing opens the database, nothing is changed, and everyone says what to do.
fn is_refused(data: &Path, exit: i32) {
    let before = files(data);
    for words in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["account", "list"],
        &["account", "create", "Late"],
        &["migrate"],
    ] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_relay-hub"));
        let output = command.args(words).arg("--data-dir").arg(data).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{words:?}: {said}");
        assert!(said.contains(WORDS), "{words:?}: {said}");
    }
    let (_, doctor, _) = run(data, &["doctor"]);
    let found: Value = serde_json::from_str(&doctor).unwrap();
    let finding = found.as_array().unwrap().iter().find(|one| one["check"] == "continuity").unwrap();
    assert!(finding["level"] == "fail" && finding["remedy"].as_str().unwrap().contains(WORDS), "{finding}");
    assert_eq!(files(data), before, "nothing was changed");
}

#[tokio::test]
async fn older_files_put_back_by_hand_are_refused_and_a_restore_makes_them_good() {
    let dir = tempfile::tempdir().unwrap();
    let (data, backup) = (dir.path().join("data"), dir.path().join("backup"));
    let mut hub = Hub::start(&data, HubOptions::default()).await;
    hub.manage(&["account", "create", "Acme"]);
    hub.manage(&["backup", backup.to_str().unwrap()]);
    hub.manage(&["account", "create", "Later"]);
    let (status, _, said) = run(&data, &["restore", "--from", backup.to_str().unwrap()]);
    assert!(status.code() == Some(4) && said.contains("stop it first"), "{said}");
    hub.terminate();
    let copy = backup.join("relay.db");
    std::fs::copy(&copy, data.join("relay.db")).unwrap();
    is_refused(&data, 1);
    let told = manage(&data, &["restore", "--dry-run"]);
    assert_eq!((&told["answer"], &told["older"]), (&json!("would_restore"), &json!(true)));
    is_refused(&data, 1);
    let report = manage(&data, &["restore"]);
    assert_eq!((&report["answer"], &report["incarnation"]), (&json!("restored"), &json!(2)));
    hub.restart().await;
    let accounts = hub.manage(&["account", "list"])["accounts"].clone();
    assert_eq!((accounts.as_array().unwrap().len(), &accounts[0]["name"]), (1, &json!("Acme")));
    hub.terminate();
    // The copy of before the restore is of an incarnation that is over, whatever it has counted.
    std::fs::copy(&copy, data.join("relay.db")).unwrap();
    is_refused(&data, 1);
    // A database that is gone, and one that was put into an empty folder alone.
    std::fs::remove_file(data.join("relay.db")).unwrap();
    is_refused(&data, 1);
    let alone = dir.path().join("alone");
    std::fs::create_dir(&alone).unwrap();
    std::fs::copy(&copy, alone.join("relay.db")).unwrap();
    std::fs::set_permissions(&alone, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    is_refused(&alone, 1);
    // The same backup makes both good; the report says that nobody knows what came after it, where that is so.
    let report = manage(&data, &["restore", "--from", backup.to_str().unwrap()]);
    assert_eq!((&report["incarnation"], &report["warnings"]), (&json!(3), &json!([])));
    let report = manage(&alone, &["restore", "--from", backup.to_str().unwrap()]);
    assert!(report["warnings"][0].as_str().unwrap().contains("device list"), "{report}");
    for data in [&data, &alone] {
        assert_eq!(manage(data, &["account", "list"])["accounts"][0]["name"], "Acme");
        manage(data, &["account", "create", "New"]);
    }
}

#[tokio::test]
async fn a_database_that_has_counted_nothing_needs_no_file_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    manage(&data, &["migrate"]);
    std::fs::remove_file(data.join("continuity.ndjson")).unwrap();
    manage(&data, &["account", "create", "Acme"]);
    assert!(data.join("continuity.ndjson").exists());
    manage(&data, &["account", "list"]);
}

#[tokio::test]
async fn what_became_of_phones_after_the_backup_is_not_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let (data, backup) = (dir.path().join("data"), dir.path().join("backup"));
    let mut hub = Hub::start(&data, HubOptions::default()).await;
    hub.manage(&["account", "create", "Acme"]);
    let (stolen, kept) = (Paired::new(&hub, "Stolen").await, Paired::new(&hub, "Again").await);
    let leaving = Paired::new(&hub, "Leaving").await;
    hub.manage(&["backup", backup.to_str().unwrap()]);
    hub.manage(&["device", "revoke", "Stolen"]);
    hub.manage(&["device", "unpair", "Leaving"]);
    let code = hub.manage(&["device", "pair-code", "--device", "Again"]);
    let again = Paired::with_code(&hub, code["code"].as_str().unwrap()).await;
    let made_since = Paired::new(&hub, "New").await;
    // Not even a moment to say goodbye: what a verb has answered is on disk.
    hub.kill();
    let report = manage(&data, &["restore", "--from", backup.to_str().unwrap()]);
    assert_eq!(report["revoked"][0]["name"], "Stolen", "{report}");
    assert_eq!(report["unpaired"][0]["name"], "Leaving", "{report}");
    assert_eq!(report["paired"][0]["name"], "Again", "{report}");
    assert_eq!(report["pair_again"], json!([made_since.device_id.to_string()]));
    let aside = report["put_aside"][0].as_str().unwrap();
    assert!(aside.ends_with("relay.db.before-restore-2") && Path::new(aside).exists(), "{report}");
    hub.restart().await;
    for dead in [&stolen, &kept, &made_since] {
        let bearer = format!("Bearer {}", dead.token);
        let offered =
            [("authorization", bearer.as_str()), ("sec-websocket-protocol", device_protocol::SUBPROTOCOL)];
        let refused = RawPhone::knock(&hub, &offered).await.err().expect("its token is dead");
        assert_eq!(refused.status, 401, "{}", refused.code);
    }
    drop(RawPhone::greet(&hub, &again.token, again.hello()).await);
    let devices = hub.manage(&["device", "list"])["devices"].clone();
    let status_of = |name: &str| {
        let device = devices.as_array().unwrap().iter().find(|device| device["name"] == name).unwrap();
        device["status"].as_str().unwrap().to_owned()
    };
    assert_eq!((status_of("Stolen"), status_of("Leaving")), ("revoked".into(), "leaving".into()));
    drop(leaving);
}

#[tokio::test]
async fn a_backup_that_is_not_whole_is_no_backup() {
    let dir = tempfile::tempdir().unwrap();
    let (data, backup) = (dir.path().join("data"), dir.path().join("backup"));
    manage(&data, &["account", "create", "Acme"]);
    manage(&data, &["backup", backup.to_str().unwrap()]);
    let from = ["restore", "--from", backup.to_str().unwrap()];
    let refused = |words: &str, exit: i32| {
        let before = files(&data);
        let (status, _, said) = run(&data, &from);
        assert!(status.code() == Some(exit) && said.contains(words), "{words}: {said}");
        assert_eq!(files(&data), before, "nothing was changed");
    };
    let (status, _, said) = run(&data, &["backup", backup.to_str().unwrap()]);
    assert!(status.code() == Some(2) && said.contains("not empty"), "{said}");
    let manifest = std::fs::read_to_string(backup.join("backup.json")).unwrap();
    let database = std::fs::read(backup.join("relay.db")).unwrap();
    std::fs::write(backup.join("backup.json"), manifest.replace("\"commits\": ", "\"commits\": 1")).unwrap();
    refused("files of two backups were mixed", 1);
    std::fs::write(backup.join("backup.json"), manifest.replace("\"version\": 1", "\"version\": 2")).unwrap();
    refused("newer relay-hub", 1);
    std::fs::write(backup.join("backup.json"), "{").unwrap();
    refused("damaged", 1);
    std::fs::write(backup.join("backup.json"), &manifest).unwrap();
    std::fs::write(backup.join("relay.db"), &database[..database.len() / 2]).unwrap();
    refused("damaged", 1);
    std::fs::write(backup.join("relay.db"), &database).unwrap();
    std::fs::remove_file(backup.join("backup.json")).unwrap();
    refused("no finished backup", 3);
    std::fs::write(backup.join("backup.json"), &manifest).unwrap();
    // Secrets that differ are both kept.
    std::fs::write(
        data.join("secrets.json"),
        std::fs::read_to_string(backup.join("secrets.json")).unwrap() + "\n",
    )
    .unwrap();
    let report = manage(&data, &from);
    let aside = report["put_aside"].as_array().unwrap();
    assert!(
        aside.iter().any(|path| path.as_str().unwrap().ends_with("secrets.json.before-restore-2")),
        "{report}"
    );
    assert_eq!(manage(&data, &["account", "list"])["accounts"][0]["name"], "Acme");
}
