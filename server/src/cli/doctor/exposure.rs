//! Who can listen in: the hub speaks plain HTTP.

use super::finding::Finding;
use crate::config::ListenSettings;

const CHECK: &str = "exposure";

/// What the listen settings mean.
pub(super) fn judge(listen: &ListenSettings) -> Finding {
    let address = listen.listen;
    if address.ip().is_loopback() {
        return Finding::ok(CHECK, format!("only programs on this machine reach {address}"));
    }
    let proxies = listen.trusted_proxies.len();
    match (proxies, listen.insecure_http) {
        (0, true) => Finding::warn(
            CHECK,
            format!(
                "{address} speaks plain HTTP to other machines: API keys, tokens and texts can be read on the way"
            ),
            "put a TLS proxy before the hub and name it with --trusted-proxy (RELAY_TRUSTED_PROXY)",
        ),
        (0, false) => Finding::fail(
            CHECK,
            format!("other machines would send API keys to {address} unencrypted, so `serve` refuses it"),
            "put a TLS proxy before the hub and name it with --trusted-proxy (RELAY_TRUSTED_PROXY), or listen on 127.0.0.1",
        ),
        (_, _) => Finding::ok(
            CHECK,
            format!(
                "{address} speaks plain HTTP, behind a TLS proxy: see to it that nobody else reaches the port"
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Level;

    #[test]
    fn plain_http_for_other_machines_is_told() {
        let mut listen = ListenSettings::default();
        assert_eq!(judge(&listen).level, Level::Ok);
        listen.listen = "0.0.0.0:8080".parse().unwrap();
        assert_eq!(judge(&listen).level, Level::Fail);
        listen.insecure_http = true;
        let finding = judge(&listen);
        assert!(finding.level == Level::Warn && finding.finding.contains("can be read"), "{finding:?}");
        assert!(finding.remedy.unwrap().contains("--trusted-proxy"));
        listen.trusted_proxies = vec!["10.0.0.5".parse().unwrap()];
        assert_eq!(judge(&listen).level, Level::Ok);
    }
}
