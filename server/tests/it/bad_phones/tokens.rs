//! Who may connect at all: decided before the upgrade, as plain HTTP with a code.

use device_protocol::{CONNECT_PATH, SUBPROTOCOL};
use reqwest::Method;

use super::scene::Scene;
use crate::support::Customer;
use crate::support::raw_phone::{Paired, RawPhone};

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", SUBPROTOCOL);

async fn refused(scene: &Scene, headers: &[(&'static str, &str)]) -> (u16, String) {
    let refused = RawPhone::knock(&scene.hub, headers).await.err().expect("it is refused");
    assert_eq!(refused.challenge.as_deref(), (refused.status == 401).then_some("Bearer"));
    (refused.status, refused.code)
}

#[tokio::test]
async fn a_token_that_is_missing_or_no_bearer_is_401_token_missing() {
    let mut scene = Scene::set().await;
    let basic = format!("Basic {}", scene.bad.token);
    for headers in [
        vec![PROTOCOL],
        vec![PROTOCOL, ("authorization", &basic)],
        vec![PROTOCOL, ("authorization", "Bearer")],
    ] {
        assert_eq!(refused(&scene, &headers).await, (401, "token_missing".to_owned()), "{headers:?}");
    }
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_token_that_is_not_this_hubs_is_401_token_invalid() {
    let mut scene = Scene::set().await;
    let token = &scene.bad.token;
    let [head, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let turned: String = signature.chars().rev().collect();
    // {"alg":"none","typ":"JWT"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
    for garbage in [
        "x".to_owned(),
        "a.b.c".to_owned(),
        "x".repeat(4000),
        format!("{head}.{claims}"),
        format!("{head}.{claims}.{turned}"),
        format!("{head}.{claims}."),
        unsigned,
    ] {
        let bearer = format!("Bearer {garbage}");
        let answer = refused(&scene, &[PROTOCOL, ("authorization", &bearer)]).await;
        assert_eq!(answer, (401, "token_invalid".to_owned()), "{garbage}");
    }
    scene.others_go_on().await;
}

#[tokio::test]
async fn the_token_of_a_revoked_device_is_401_token_revoked() {
    let mut scene = Scene::set().await;
    scene.hub.manage(&["device", "revoke", "Bad"]);
    let bearer = format!("Bearer {}", scene.bad.token);
    let answer = refused(&scene, &[PROTOCOL, ("authorization", &bearer)]).await;
    assert_eq!(answer, (401, "token_revoked".to_owned()));
    scene.others_go_on().await;
}

#[tokio::test]
async fn the_token_of_an_earlier_pairing_is_401_token_revoked() {
    let mut scene = Scene::set().await;
    let code = scene.hub.manage(&["device", "pair-code", "--device", "Bad"]);
    let again = Paired::with_code(&scene.hub, code["code"].as_str().unwrap()).await;
    let bearer = format!("Bearer {}", scene.bad.token);
    let answer = refused(&scene, &[PROTOCOL, ("authorization", &bearer)]).await;
    assert_eq!(answer, (401, "token_revoked".to_owned()));
    drop(RawPhone::greet(&scene.hub, &again.token, again.hello()).await);
    scene.others_go_on().await;
}

#[tokio::test]
async fn an_upgrade_without_the_subprotocol_is_400_whoever_asks() {
    let mut scene = Scene::set().await;
    let bearer = format!("Bearer {}", scene.bad.token);
    for headers in [
        vec![("authorization", bearer.as_str())],
        vec![("authorization", bearer.as_str()), ("sec-websocket-protocol", "chat")],
        vec![],
    ] {
        assert_eq!(refused(&scene, &headers).await, (400, "subprotocol_required".to_owned()));
    }
    let offer = ("sec-websocket-protocol", "chat, relay-device.v1");
    let phone = RawPhone::knock(&scene.hub, &[("authorization", &bearer), offer]).await;
    assert!(phone.is_ok(), "one of several is enough");
    scene.others_go_on().await;
}

#[tokio::test]
async fn a_plain_request_with_a_good_token_is_400_and_no_session() {
    let mut scene = Scene::set().await;
    let program = Customer::new(scene.hub.url(""), &scene.bad.token);
    let answer = program.ask(Method::GET, CONNECT_PATH, None).await.unwrap();
    assert_eq!((answer.status, &answer.body["error"]["code"]), (400, &"subprotocol_required".into()));
    let answer = program.ask(Method::GET, "/api/v1/outbound", None).await.unwrap();
    assert_eq!(answer.status, 401, "a device token is no API key");
    scene.others_go_on().await;
}
