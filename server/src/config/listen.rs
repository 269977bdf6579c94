//! Where customers and phones connect, and who may stand before the hub.
//!
//! The hub itself speaks plain HTTP: API keys and device tokens would cross a network readable. So an address
//! that other machines reach is refused until the operator names the TLS proxy before it, or says aloud that
//! plain HTTP is meant.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use super::Problem;

/// Section "listen".
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct ListenSettings {
    /// Address and port; port 0 takes a free one
    #[arg(long, env = "RELAY_LISTEN", value_name = "ADDRESS:PORT", default_value_t = ListenSettings::DEFAULT, value_parser = address)]
    pub listen: SocketAddr,
    /// The TLS proxy before the hub, address or network; may be given several times or with commas
    #[arg(
        long = "trusted-proxy",
        env = "RELAY_TRUSTED_PROXY",
        value_name = "ADDRESS[/BITS]",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<Network>,
    /// Listen for other machines although nothing encrypts: keys and texts can be read on the way
    #[arg(long, env = "RELAY_INSECURE_HTTP", value_parser = clap::builder::BoolishValueParser::new())]
    pub insecure_http: bool,
}

impl ListenSettings {
    const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.listen.ip().is_loopback() || self.insecure_http || !self.trusted_proxies.is_empty() {
            return Ok(());
        }
        Err(Problem {
            name: "--listen (RELAY_LISTEN)",
            value: self.listen.to_string(),
            remedy: "other machines would send API keys unencrypted. Put a TLS proxy before the hub and name its \
                     address with --trusted-proxy (RELAY_TRUSTED_PROXY), or listen on 127.0.0.1, or accept the risk \
                     with --insecure-http (RELAY_INSECURE_HTTP=true)"
                .into(),
        })
    }

    /// Who may say for whom it asks.
    pub fn trusted(&self) -> TrustedProxies {
        TrustedProxies(self.trusted_proxies.clone())
    }
}

impl Default for ListenSettings {
    fn default() -> ListenSettings {
        ListenSettings { listen: ListenSettings::DEFAULT, trusted_proxies: Vec::new(), insecure_http: false }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "write an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080".to_owned())
}

/// The proxies whose word about the client's address is believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    /// Whether a peer is one of them.
    pub fn contains(&self, peer: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(peer))
    }
}

/// An address with the number of its bits that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether an address belongs to it. An IPv4 address in IPv6 clothes is an IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                same(u128::from(own.to_bits()), u128::from(other.to_bits()), 32 - self.bits)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.to_bits(), other.to_bits(), 128 - self.bits),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// Whether two addresses are the same above the bits that do not count.
fn same(one: u128, other: u128, free: u8) -> bool {
    (one ^ other).checked_shr(u32::from(free)).unwrap_or(0) == 0
}

impl FromStr for Network {
    type Err = String;
    fn from_str(text: &str) -> Result<Network, String> {
        const REMEDY: &str = "write an IP address or a network, such as 10.0.0.5 or 10.0.0.0/8";
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| REMEDY)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse::<u8>).map_err(|_| REMEDY)?;
        if bits <= most { Ok(Network { address, bits }) } else { Err(REMEDY.to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(address: &str) -> ListenSettings {
        ListenSettings { listen: address.parse().unwrap(), ..ListenSettings::default() }
    }

    #[test]
    fn an_address_for_other_machines_needs_a_proxy_or_a_word() {
        let refused = listen("0.0.0.0:8080").check().unwrap_err().to_string();
        for part in ["--listen", "RELAY_LISTEN", "0.0.0.0:8080", "--trusted-proxy", "--insecure-http"] {
            assert!(refused.contains(part), "{refused}");
        }
        listen("[::1]:0").check().unwrap();
        ListenSettings { insecure_http: true, ..listen("0.0.0.0:8080") }.check().unwrap();
        let proxied =
            ListenSettings { trusted_proxies: vec!["10.0.0.5".parse().unwrap()], ..listen("[::]:80") };
        proxied.check().unwrap();
    }

    #[test]
    fn networks_hold_their_addresses() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.0.0.5", "10.0.0.5", "10.0.0.4"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{network:?} {inside}");
            assert!(!network.contains(outside.parse().unwrap()), "{network:?} {outside}");
        }
    }
}
