//! Whom webhooks reach, and how long a post may take.
//!
//! Customers write the URLs of webhooks, so without these settings only `https://` to public addresses is posted to: the
//! hub must not become anybody's way into the network that it stands in.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

use super::span;

/// Section "webhooks".
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct WebhookSettings {
    /// A host, `.domain`, address or network that webhooks may reach although it is not public; may be given several times or with commas
    #[arg(long = "webhook-allow", env = "RELAY_WEBHOOK_ALLOW", value_name = "HOST", value_delimiter = ',')]
    pub webhook_allow: Vec<AllowedEndpoint>,
    /// Where webhooks may use plain http: nowhere, on this machine (for development), or to what `--webhook-allow` names
    #[arg(long, env = "RELAY_WEBHOOK_HTTP", value_enum, default_value_t)]
    pub webhook_http: PlainWebhooks,
    /// A post is over within this time: a third to connect, two thirds to the first byte of the answer
    #[arg(long, env = "RELAY_WEBHOOK_TIMEOUT", value_name = "TIME", default_value = "15s", value_parser = span::parse)]
    pub webhook_timeout: Duration,
    /// A phone that has been away for so long is told as `device.offline`; one that comes back sooner is not told at all
    #[arg(long, env = "RELAY_DEVICE_OFFLINE_AFTER", value_name = "TIME", default_value = "2m", value_parser = span::parse)]
    pub device_offline_after: Duration,
    /// A PEM file of certificate authorities that receivers may have besides the public ones; may be given several times or with commas
    #[arg(long = "webhook-ca", env = "RELAY_WEBHOOK_CA", value_name = "FILE", value_delimiter = ',')]
    pub webhook_ca: Vec<PathBuf>,
}

impl WebhookSettings {
    /// A receiver that only writes down what it gets answers within milliseconds; one that works first has this long.
    const TIMEOUT: Duration = Duration::from_secs(15);
    /// A phone that changes from Wi-Fi to its carrier is back within seconds, one that restarts within a minute or two.
    const OFFLINE_AFTER: Duration = Duration::from_secs(120);
}

impl Default for WebhookSettings {
    fn default() -> WebhookSettings {
        WebhookSettings {
            webhook_allow: Vec::new(),
            webhook_http: PlainWebhooks::default(),
            webhook_timeout: WebhookSettings::TIMEOUT,
            device_offline_after: WebhookSettings::OFFLINE_AFTER,
            webhook_ca: Vec::new(),
        }
    }
}

/// Where webhooks may use plain http.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum PlainWebhooks {
    /// Nowhere.
    #[default]
    Never,
    /// On the hub's own machine, which webhooks may reach then.
    Loopback,
    /// To what the list names.
    Listed,
}

/// What webhooks may reach although it is not public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedEndpoint {
    /// A host by name, wherever it leads.
    Host(String),
    /// Every name below this one.
    Below(String),
    /// Every address of a network.
    Network(IpNet),
}

impl FromStr for AllowedEndpoint {
    type Err = String;
    fn from_str(text: &str) -> Result<AllowedEndpoint, String> {
        const REMEDY: &str = "write a host such as hooks.internal, a domain such as .corp.example, or an address or network such as 10.20.0.0/16";
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(AllowedEndpoint::Network(network));
        }
        if let Ok(address) = text.parse::<std::net::IpAddr>() {
            return Ok(AllowedEndpoint::Network(address.into()));
        }
        let name = text.strip_prefix('.').unwrap_or(text).to_ascii_lowercase();
        let part = |part: &str| {
            let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            (1..=63).contains(&part.len()) && part.chars().all(inner)
        };
        // A last part of digits is an address that was written wrong.
        let named =
            name.rsplit('.').next().is_some_and(|last| last.contains(|c: char| c.is_ascii_alphabetic()));
        if !named || !name.split('.').all(part) {
            return Err(REMEDY.to_owned());
        }
        Ok(if text.starts_with('.') { AllowedEndpoint::Below(name) } else { AllowedEndpoint::Host(name) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_domains_addresses_and_networks_are_told_apart() {
        let read = |text: &str| text.parse::<AllowedEndpoint>();
        assert_eq!(read("Hooks.Internal"), Ok(AllowedEndpoint::Host("hooks.internal".into())));
        assert_eq!(read(".corp.example"), Ok(AllowedEndpoint::Below("corp.example".into())));
        assert_eq!(read("10.20.0.0/16"), Ok(AllowedEndpoint::Network("10.20.0.0/16".parse().unwrap())));
        assert_eq!(read("10.20.0.7"), Ok(AllowedEndpoint::Network("10.20.0.7/32".parse().unwrap())));
        assert_eq!(read("fd12::/32"), Ok(AllowedEndpoint::Network("fd12::/32".parse().unwrap())));
        for bad in [
            "",
            ".",
            "..",
            "a..b",
            "10.20.0",
            "10.20.0.0/33",
            "http://a.example",
            "a.example:80",
            "*.a.example",
        ] {
            assert!(read(bad).unwrap_err().contains("10.20.0.0/16"), "{bad}");
        }
    }
}
