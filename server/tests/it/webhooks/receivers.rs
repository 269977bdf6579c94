//! Receivers as they are: slow, hanging, closing, redirecting, talking without end. None of them stops anything else.

use android_bridge::sim::CarrierProfile;

use super::{Alone, TO, attempts, create, hear, options, show, start, until_failed};
use crate::support::hub::run;
use crate::support::preloaded::library;
use crate::support::receiver::{Receiver, Reply, Told};
use crate::support::{HubOptions, eventually};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_is_tried_again_with_the_same_bytes_and_what_follows_waits_for_it() {
    let mut town = start().await;
    let line = town.line(CarrierProfile::quick()).await;
    let receiver = Receiver::start().await;
    let (webhook, _) = create(&town.hub, &receiver.url("/"), "outbound.sent,outbound.delivered", &[]);
    receiver.then([Reply::Status(500)]);
    let message = line.send(TO, "hello").await;
    line.customer.until_status(&message, "DELIVERED").await;
    let failed = until_failed(&town.hub, &webhook, "it answered 500").await;
    assert_eq!((&failed["answer_status"], &failed["status"]), (&500.into(), &"pending".into()));
    let told = receiver.until_told(3).await;
    assert_eq!(
        told.iter().map(Told::event).collect::<Vec<_>>(),
        ["outbound.sent", "outbound.sent", "outbound.delivered"]
    );
    assert_eq!((told[0].id(), &told[0].body), (told[1].id(), &told[1].body));
    assert_ne!(told[1].id(), told[2].id());
    hear(&mut town, &webhook, &receiver).await;
    assert_eq!(attempts(&town.hub, &webhook).len(), 3);
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_to_fail_is_told_in_words_and_the_webhook_lives() {
    let town = Alone::start(options()).await;
    let receiver = Receiver::start().await;
    let elsewhere = Receiver::start().await;
    let location = vec![("location", elsewhere.url("/stolen"))];
    let asks = vec![("retry-after", "7200".to_owned())];
    for (reply, words) in [
        (Reply::Hang, "no answer began within 1000 ms"),
        (Reply::Close, "connection closed"),
        (Reply::Whole(302, location, String::new()), "it answered 302: redirects are not followed"),
        (Reply::Whole(503, asks, "x".repeat(5_000)), "it answered 503"),
    ] {
        let (webhook, _) = create(&town.hub, &receiver.url("/"), "inbound.received", &[]);
        receiver.then([reply]);
        town.hub.manage(&["webhook", "test", &webhook]);
        let failed = until_failed(&town.hub, &webhook, words).await;
        assert!(failed["answer"].as_str().unwrap().chars().count() <= 1_000);
        if words.ends_with("503") {
            let (at, next) = (failed["at"].as_str().unwrap(), failed["next_at"].as_str().unwrap());
            // Two hours, as it asked, though the table says 5 seconds.
            assert_ne!(at[11..13], next[11..13], "{at} {next}");
        }
        assert_eq!(show(&town.hub, &webhook)["status"], "active");
        town.hub.manage(&["webhook", "delete", &webhook]);
    }
    assert!(elsewhere.told().is_empty());
    let nobody = {
        let gone = Receiver::start().await;
        gone.url("/")
    };
    let (webhook, _) = create(&town.hub, &nobody, "inbound.received", &[]);
    town.hub.manage(&["webhook", "test", &webhook]);
    until_failed(&town.hub, &webhook, "refused").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_drips_or_never_ends_is_cut_and_is_a_success_all_the_same() {
    let town = Alone::start(options()).await;
    let receiver = Receiver::start().await;
    let (webhook, _) = create(&town.hub, &receiver.url("/"), "inbound.received", &[]);
    for (count, reply) in [(1, Reply::Drip), (2, Reply::Huge)] {
        receiver.then([reply]);
        town.hub.manage(&["webhook", "test", &webhook]);
        let log = eventually("it is a success", || async {
            let log = attempts(&town.hub, &webhook);
            (log.len() == count && log.iter().all(|tried| tried["status"] == "delivered")).then_some(log)
        })
        .await;
        assert!(log[0]["answer"].as_str().unwrap().len() <= 1_000);
    }
    eventually("the cut connections are closed", || async { (receiver.connections().1 == 0).then_some(()) })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_used_again() {
    let town = Alone::start(options()).await;
    let receiver = Receiver::start().await;
    let (webhook, _) = create(&town.hub, &receiver.url("/"), "inbound.received", &[]);
    receiver.usually(Reply::Whole(200, vec![], "thanks".into()));
    for count in 1..=5 {
        town.hub.manage(&["webhook", "test", &webhook]);
        receiver.until_told(count).await;
        eventually("it is recorded", || async {
            (attempts(&town.hub, &webhook).len() == count).then_some(())
        })
        .await;
    }
    assert!(receiver.told().iter().all(|told| told.connection == 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_410_nothing_is_posted_until_somebody_resumes_it() {
    let mut town = start().await;
    let line = town.line(CarrierProfile::quick()).await;
    let receiver = Receiver::start().await;
    let (webhook, _) = create(&town.hub, &receiver.url("/"), "outbound.dispatched,outbound.sent", &[]);
    receiver.then([Reply::Status(410)]);
    // Both steps wait when it says so.
    town.hub.manage(&["webhook", "pause", &webhook]);
    let message = line.send(TO, "hello").await;
    line.customer.until_status(&message, "DELIVERED").await;
    town.hub.manage(&["webhook", "resume", &webhook]);
    eventually("it is gone", || async {
        let shown = show(&town.hub, &webhook);
        (shown["status"] == "gone" && shown["pending"] == 0).then_some(())
    })
    .await;
    assert_eq!(receiver.told().len(), 1);
    let since = attempts(&town.hub, &webhook)[0]["at"].as_str().unwrap().to_owned();
    town.hub.manage(&["webhook", "resume", &webhook]);
    let replayed = town.hub.manage(&[
        "webhook",
        "replay",
        "--failed-since",
        &since[..11].replace('T', "T00:00:00Z"),
        "--webhook",
        &webhook,
    ]);
    assert_eq!(replayed["events"], 2);
    let told = receiver.until_told(3).await;
    assert!(told[1..].iter().all(|told| told.header("x-relayion-replay") == "true"));
    let repeated = |again: &Told| again.id() == told[0].id() && again.body == told[0].body;
    assert!(told[1..].iter().any(repeated), "{told:#?}");
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_holds_and_a_resume_lets_go_in_order() {
    let mut town = start().await;
    let line = town.line(CarrierProfile::quick()).await;
    let receiver = Receiver::start().await;
    let (webhook, _) = create(&town.hub, &receiver.url("/"), "outbound.dispatched,outbound.delivered", &[]);
    town.hub.manage(&["webhook", "pause", &webhook]);
    let mut sent = vec![];
    for n in 0..5 {
        sent.push(line.send(TO, &format!("no. {n}")).await);
    }
    town.until_delivered(5).await;
    assert_eq!(show(&town.hub, &webhook)["pending"], 10);
    assert!(receiver.told().is_empty());
    // What waits goes to the new place.
    let moved = Receiver::start().await;
    town.hub.manage(&["webhook", "set", &webhook, "--url", &moved.url("/moved")]);
    town.hub.manage(&["webhook", "resume", &webhook]);
    let told = moved.until_told(10).await;
    let of = |event: &str| -> Vec<String> {
        let those = told.iter().filter(|told| told.event() == event);
        those.map(|told| told.json()["data"]["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(of("outbound.dispatched"), sent);
    let mut delivered = of("outbound.delivered");
    delivered.sort();
    assert_eq!(delivered, sent);
    town.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_reached_is_refused_with_its_reason() {
    let strict = Alone::start(HubOptions::default()).await;
    let refused = |url: &str| {
        let words = ["webhook", "create", url, "--events", "inbound.received"];
        let (status, output, _) = run(strict.hub.data_dir(), &words);
        assert_eq!(status.code(), Some(2), "{url}: {output}");
        output
    };
    for (url, words) in [
        ("http://127.0.0.1/", "--webhook-http"),
        ("https://127.0.0.1/", "the hub's own machine"),
        ("https://localhost/", "the hub's own machine"),
        ("https://[::1]/", "the hub's own machine"),
        ("https://169.254.169.254/latest", "credentials"),
        ("https://10.0.0.7/", "private network"),
        ("https://8.8.8.8:0/", "port 0"),
        ("https://user:word@8.8.8.8/", "password"),
        ("ftp://8.8.8.8/", "https://"),
        ("nonsense", "not a URL"),
        ("https://no-such-host.invalid/", "has no address"),
    ] {
        let said = refused(url);
        assert!(said.contains(words), "{url}: {said}");
    }
    for (events, words) in
        [("inbound.received,outbound.sent", "mixes categories"), ("inbound.sent", "no event")]
    {
        let words_of = ["webhook", "create", "https://8.8.8.8/", "--events", events];
        let (status, output, _) = run(strict.hub.data_dir(), &words_of);
        assert!(status.code() == Some(2) && output.contains(words), "{output}");
    }
}

/// The hub was told otherwise since: what it may reach is looked at before each post.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_that_may_not_reach_an_endpoint_any_more_posts_nothing_there() {
    let mut town = Alone::start(options()).await;
    let receiver = Receiver::start().await;
    let (by_number, _) = create(&town.hub, &receiver.url("/"), "inbound.received", &[]);
    let (by_name, _) = create(&town.hub, &receiver.url_at("localhost", "/"), "inbound.received", &[]);
    town.hub.terminate();
    town.hub.restart_with(options().with(&["--webhook-http", "never"])).await;
    for webhook in [by_number, by_name] {
        town.hub.manage(&["webhook", "test", &webhook]);
        until_failed(&town.hub, &webhook, "--webhook-http").await;
    }
    assert_eq!(receiver.connections(), (0, 0));
}

/// A name that was public when the webhook was made, and leads to the hub's own machine when it is posted to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_changes_its_mind_between_check_and_connect_gains_nothing() {
    let receiver = Receiver::start().await;
    let preload = format!("LD_PRELOAD={}", library("names").display());
    let town =
        Alone::start(HubOptions { under: vec!["env".to_owned(), preload], ..HubOptions::default() }).await;
    let url = receiver.url_at("rebind.test", "/").replace("http:", "https:");
    let (webhook, _) = create(&town.hub, &url, "inbound.received", &[]);
    town.hub.manage(&["webhook", "test", &webhook]);
    until_failed(&town.hub, &webhook, "the hub's own machine").await;
    assert_eq!(receiver.connections(), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_is_reached_by_its_ipv6_address() {
    let town = Alone::start(options()).await;
    let receiver = Receiver::start_on("[::1]:0").await;
    let (webhook, _) = create(&town.hub, &receiver.url_at("[::1]", "/six"), "inbound.received", &[]);
    town.hub.manage(&["webhook", "test", &webhook]);
    assert_eq!(receiver.until_told(1).await[0].path, "/six");
}
