//! A whole hub in this process: started, asked, refused a second time, stopped.

use std::time::{Duration, Instant};

use super::*;
use crate::config::{DataSettings, ListenSettings};

fn config(data_dir: &Path, listen: SocketAddr) -> Config {
    Config {
        data: DataSettings { data_dir: data_dir.to_owned() },
        listen: ListenSettings { listen, ..ListenSettings::default() },
        ..Config::default()
    }
}

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_starts_answers_and_stops_within_its_time() {
    let scratch = tempfile::tempdir().unwrap();
    let running = App::start(config(scratch.path(), ANY_PORT)).await.unwrap();
    let health = reqwest::get(format!("http://{}/healthz", running.addr())).await.unwrap();
    assert_eq!(health.status(), 200);
    assert!(health.text().await.unwrap().contains(r#""status":"ready""#));
    let refused = reqwest::get(format!("http://{}/api/v1/outbound", running.addr())).await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(running.relay().list_accounts().await.unwrap(), []);
    let started = Instant::now();
    running.stop().await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(!socket_path(scratch.path()).exists());
    // Nothing is held any more: a second hub starts in the same place.
    App::start(config(scratch.path(), ANY_PORT)).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verbs_reach_a_running_hub_through_its_socket() {
    let scratch = tempfile::tempdir().unwrap();
    let running = App::start(config(scratch.path(), ANY_PORT)).await.unwrap();
    let verb = |name: &str| Verb::AccountCreate {
        name: name.into(),
        plan: "pro".into(),
        numbers: PlanNumbers::default(),
        zone: None,
    };
    let made = manage(scratch.path(), verb("Ann")).await.unwrap();
    let Answer::AccountCreated(made) = made else { panic!("{made:?}") };
    assert_eq!(running.relay().list_accounts().await.unwrap()[0].id.to_string(), made.id);
    let refused = manage(scratch.path(), verb(" ")).await.unwrap();
    assert!(matches!(refused, Answer::Refused(refused) if refused.kind == RefusedKind::Invalid));
    let unknown = manage(scratch.path(), Verb::DeviceRevoke { device: "nobody".into() }).await.unwrap();
    assert!(matches!(unknown, Answer::Refused(refused) if refused.kind == RefusedKind::NotFound));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_directory_and_a_taken_port_are_told_with_their_remedy() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let running = App::start(config(one.path(), ANY_PORT)).await.unwrap();
    let addr = running.addr();
    let Err(port) = App::start(config(two.path(), addr)).await else { panic!("the port was free") };
    let text = port.to_string();
    assert!(text.contains(&addr.port().to_string()) && text.contains("--listen"), "{text}");
    let Err(directory) = App::start(config(one.path(), ANY_PORT)).await else {
        panic!("the directory was free")
    };
    assert!(directory.to_string().contains("--data-dir"), "{directory}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_left_by_a_hub_that_died_is_replaced() {
    let scratch = tempfile::tempdir().unwrap();
    drop(std::os::unix::net::UnixListener::bind(socket_path(scratch.path())).unwrap());
    let running = App::start(config(scratch.path(), ANY_PORT)).await.unwrap();
    assert!(matches!(manage(scratch.path(), Verb::AccountList).await, Ok(Answer::Accounts { .. })));
    running.stop().await;
}
