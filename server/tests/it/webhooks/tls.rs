//! TLS: whom the hub believes.

use super::{Alone, create, options, until_failed};
use crate::support::receiver::Receiver;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_an_authority_that_was_named_is_believed_and_for_its_own_name_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (receiver, authority) = Receiver::start_tls(folder.path()).await;
    let town = Alone::start(options().with(&["--webhook-ca", authority.to_str().unwrap()])).await;
    let (webhook, _) = create(&town.hub, &receiver.url_at("localhost", "/"), "inbound.received", &[]);
    town.hub.manage(&["webhook", "test", &webhook]);
    receiver.until_told(1).await;
    let (webhook, _) = create(&town.hub, &receiver.url_at("127.0.0.1", "/"), "inbound.received", &[]);
    town.hub.manage(&["webhook", "test", &webhook]);
    until_failed(&town.hub, &webhook, "certificate").await;
    assert_eq!(receiver.told().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_nobody_vouches_for_is_not_believed() {
    let town = Alone::start(options()).await;
    let (receiver, _) = Receiver::start_tls(town.dir.path()).await;
    let (webhook, _) = create(&town.hub, &receiver.url_at("localhost", "/"), "inbound.received", &[]);
    town.hub.manage(&["webhook", "test", &webhook]);
    until_failed(&town.hub, &webhook, "certificate").await;
    let plain = Receiver::start().await;
    let (webhook, _) = create(&town.hub, &plain.url("/").replace("http:", "https:"), "inbound.received", &[]);
    town.hub.manage(&["webhook", "test", &webhook]);
    until_failed(&town.hub, &webhook, "").await;
    assert!(receiver.told().is_empty() && plain.told().is_empty());
}
