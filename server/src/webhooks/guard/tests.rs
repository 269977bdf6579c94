//! The guard on known addresses and on made-up ones.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn dev() -> Guard {
    Guard { plain_http: PlainHttp::Loopback, ..Guard::default() }
}

fn allowing(entries: &[Allowed], plain_http: PlainHttp) -> Guard {
    Guard { allowed: entries.to_vec(), plain_http }
}

fn network(text: &str) -> Allowed {
    Allowed::Network(text.parse().unwrap())
}

/// First and last address of each range, and what they are.
const VECTORS: [(&str, Range); 58] = [
    ("169.254.169.254", Range::Metadata),
    ("169.254.170.2", Range::Metadata),
    ("100.100.100.200", Range::Metadata),
    ("168.63.129.16", Range::Metadata),
    ("192.0.0.192", Range::Metadata),
    ("fd00:ec2::254", Range::Metadata),
    ("fd20:ce::254", Range::Metadata),
    ("0.0.0.0", Range::Unspecified),
    ("0.255.255.255", Range::Unspecified),
    ("::", Range::Unspecified),
    ("127.0.0.1", Range::Loopback),
    ("127.255.255.255", Range::Loopback),
    ("::1", Range::Loopback),
    ("10.0.0.0", Range::Private),
    ("10.255.255.255", Range::Private),
    ("172.16.0.0", Range::Private),
    ("172.31.255.255", Range::Private),
    ("192.168.0.0", Range::Private),
    ("192.168.255.255", Range::Private),
    ("fc00::", Range::Private),
    ("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Range::Private),
    ("100.64.0.0", Range::CarrierNat),
    ("100.127.255.255", Range::CarrierNat),
    ("169.254.0.0", Range::LinkLocal),
    ("169.254.255.255", Range::LinkLocal),
    ("fe80::", Range::LinkLocal),
    ("fe80::1", Range::LinkLocal),
    ("feff::1", Range::LinkLocal),
    ("224.0.0.0", Range::Multicast),
    ("239.255.255.255", Range::Multicast),
    ("ff02::1", Range::Multicast),
    ("192.0.2.1", Range::Documentation),
    ("198.51.100.1", Range::Documentation),
    ("203.0.113.255", Range::Documentation),
    ("2001:db8::1", Range::Documentation),
    ("3fff:fff::1", Range::Documentation),
    ("198.18.0.0", Range::Benchmark),
    ("198.19.255.255", Range::Benchmark),
    ("2001:2::1", Range::Benchmark),
    ("::ffff:127.0.0.1", Range::MappedIpv4),
    ("::ffff:8.8.8.8", Range::MappedIpv4),
    ("::7f00:1", Range::MappedIpv4),
    ("::ffff:0:127.0.0.1", Range::MappedIpv4),
    ("64:ff9b::127.0.0.1", Range::Nat64),
    ("64:ff9b::8.8.8.8", Range::Nat64),
    ("64:ff9b:1::1", Range::Nat64),
    ("64:ff9b:1:ffff:ffff:ffff:ffff:ffff", Range::Nat64),
    ("2002::", Range::SixToFour),
    ("2002:7f00:1::1", Range::SixToFour),
    ("192.88.99.1", Range::SixToFour),
    ("2001::1", Range::Teredo),
    ("2001:0:7f00:1::1", Range::Teredo),
    ("240.0.0.0", Range::Reserved),
    ("255.255.255.255", Range::Reserved),
    ("192.0.0.1", Range::Reserved),
    ("2001:20::1", Range::Reserved),
    ("100::1", Range::Reserved),
    ("4000::1", Range::Reserved),
];

const EVERY_RANGE: [Range; 14] = [
    Range::Metadata,
    Range::Unspecified,
    Range::Loopback,
    Range::Private,
    Range::CarrierNat,
    Range::LinkLocal,
    Range::Multicast,
    Range::Documentation,
    Range::Benchmark,
    Range::MappedIpv4,
    Range::Nat64,
    Range::SixToFour,
    Range::Teredo,
    Range::Reserved,
];

/// Just outside of each range, and well-known ones.
const PUBLIC: [&str; 24] = [
    "1.0.0.0",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "2003::1",
    "2a00:1450::1",
];

#[test]
fn every_address_that_is_not_public_is_known_for_what_it_is() {
    for (address, range) in VECTORS {
        assert_eq!(Range::of(ip(address)), Some(range), "{address}");
    }
    for range in EVERY_RANGE {
        assert!(VECTORS.iter().any(|(_, known)| *known == range), "no vector shows {range:?}");
    }
    for address in PUBLIC {
        assert_eq!(Range::of(ip(address)), None, "{address}");
    }
}

#[test]
fn an_address_as_host_is_looked_at_in_every_spelling() {
    for url in [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://0x7f000001/",
        "https://１２７.0.0.1/",
        "https://127.0.0.1./",
        "https://0/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://192.168.1.1:8443/hook",
        "https://255.255.255.255/",
    ] {
        assert!(matches!(Guard::default().check(url), Err(Refused::Address { .. })), "{url}");
    }
    for url in ["https://8.8.8.8/", "https://[2606:4700::1111]:8443/hook"] {
        Guard::default().check(url).unwrap();
    }
}

#[test]
fn what_is_no_plain_https_url_is_refused_with_its_reason() {
    let check = |url: &str| Guard::default().check(url).unwrap_err();
    assert_eq!(check(""), Refused::NotAUrl);
    assert_eq!(check("hooks.example.com"), Refused::NotAUrl);
    assert_eq!(check("/hook"), Refused::NotAUrl);
    assert_eq!(check("https://"), Refused::NotAUrl);
    assert_eq!(check("https://[fe80::1%25eth0]/"), Refused::NotAUrl);
    assert_eq!(check("https://exa mple.com/"), Refused::Characters);
    assert_eq!(check("https://example.com/\r\nX-Injected: 1"), Refused::Characters);
    assert_eq!(check("https://example.com/\u{0}"), Refused::Characters);
    assert_eq!(check("ht\ntps://example.com/"), Refused::Characters);
    assert_eq!(check("https:\\\\example.com\\"), Refused::Characters);
    assert_eq!(check("ftp://example.com/"), Refused::Scheme("ftp".into()));
    assert_eq!(check("gopher://example.com/"), Refused::Scheme("gopher".into()));
    assert_eq!(check("http://example.com/"), Refused::PlainHttp("example.com".into()));
    assert_eq!(check("https://user@example.com/"), Refused::Credentials);
    assert_eq!(check("https://user:word@example.com/"), Refused::Credentials);
    assert_eq!(check("https://:word@example.com/"), Refused::Credentials);
    assert_eq!(check("https://@example.com/"), Refused::Credentials);
    assert_eq!(check("https://example.com:0/"), Refused::PortZero);
    assert_eq!(check(&format!("https://example.com/{}", "a".repeat(MAX_URL_BYTES))), Refused::TooLong);
    let fine = ["https://example.com", "HTTPS://Example.COM:8443/a@b?c=@", "https://bücher.example/ü"];
    fine.iter().for_each(|url| drop(Guard::default().check(url).unwrap()));
}

#[test]
fn a_refusal_names_field_address_reason_and_remedy_and_no_path() {
    let said = Guard::default().check("https://10.0.0.7/s3cret?token=s3cret").unwrap_err().to_string();
    for part in ["`url`", "10.0.0.7", "private network", "--webhook-allow", "RELAY_WEBHOOK_ALLOW"] {
        assert!(said.contains(part), "{said}");
    }
    assert!(!said.contains("s3cret"), "{said}");
    let said = Guard::default().check("http://example.com/s3cret").unwrap_err().to_string();
    assert!(said.contains("--webhook-http") && !said.contains("s3cret"), "{said}");
}

#[test]
fn a_name_is_admitted_for_where_it_leads_each_time_anew() {
    let guard = Guard::default();
    let url = guard.check("https://rebind.example/").unwrap();
    let host = url.host_str().unwrap();
    assert_eq!(guard.admit(host, ip("8.8.8.8")), Ok(()));
    let refused = guard.admit(host, ip("10.0.0.1")).unwrap_err();
    let (host, address) = (host.to_owned(), ip("10.0.0.1"));
    assert_eq!(refused, Refused::Address { host, address, range: Range::Private });
}

#[test]
fn loopback_is_an_endpoint_in_development_alone() {
    for url in ["http://127.0.0.1:9000/hook", "http://[::1]:9000/", "https://127.0.0.1/"] {
        Guard::default().check(url).unwrap_err();
        dev().check(url).unwrap();
    }
    for url in ["http://localhost:9000/", "http://hooks.localhost/", "http://localhost./"] {
        assert!(matches!(Guard::default().check(url), Err(Refused::PlainHttp(_))), "{url}");
        dev().check(url).unwrap();
    }
    for url in ["http://example.com/", "http://10.0.0.1/", "http://notlocalhost/"] {
        assert!(matches!(dev().check(url), Err(Refused::PlainHttp(_))), "{url}");
    }
    for (host, address, admitted) in [
        ("localhost", "127.0.0.1", true),
        ("localhost", "::1", true),
        ("localhost.", "127.0.0.1", true),
        ("localhost", "8.8.8.8", false),
        ("localhost", "10.0.0.1", false),
        ("example.com", "10.0.0.1", false),
        ("example.com", "8.8.8.8", true),
    ] {
        assert_eq!(dev().admit(host, ip(address)).is_ok(), admitted, "{host} {address}");
    }
    assert!(Guard::default().admit("localhost", ip("127.0.0.1")).is_err());
}

#[test]
fn an_operator_allows_hosts_and_networks_and_nothing_beside_them() {
    let list = [
        Allowed::Host("hooks.internal".into()),
        Allowed::Below("corp.example".into()),
        network("10.20.0.0/16"),
        network("fd12:3456::/32"),
    ];
    let guard = allowing(&list, PlainHttp::Never);
    for (host, address, admitted) in [
        ("hooks.internal", "192.168.7.7", true),
        ("hooks.internal.", "192.168.7.7", true),
        ("a.hooks.internal", "192.168.7.7", false),
        ("a.corp.example", "172.16.0.1", true),
        ("b.a.corp.example", "172.16.0.1", true),
        ("corp.example", "172.16.0.1", false),
        (".corp.example", "172.16.0.1", false),
        ("evilcorp.example", "172.16.0.1", false),
        ("anything.example", "10.20.255.1", true),
        ("anything.example", "10.21.0.1", false),
        ("anything.example", "::ffff:10.20.0.1", false),
        ("anything.example", "fd12:3456::1", true),
        ("anything.example", "8.8.8.8", true),
        ("anything.example", "127.0.0.1", false),
    ] {
        assert_eq!(guard.admit(host, ip(address)).is_ok(), admitted, "{host} {address}");
    }
    guard.check("https://10.20.0.1/").unwrap();
    assert!(matches!(guard.check("http://10.20.0.1/"), Err(Refused::PlainHttp(_))));
    let plain = allowing(&list, PlainHttp::Listed);
    for url in ["http://hooks.internal/", "http://10.20.0.1/", "http://a.corp.example/"] {
        plain.check(url).unwrap();
    }
    for url in [
        "http://corp.example/",
        "http://10.21.0.1/",
        "http://8.8.8.8/",
        "http://127.0.0.1/",
        "http://localhost/",
    ] {
        assert!(matches!(plain.check(url), Err(Refused::PlainHttp(_))), "{url}");
    }
}

/// What the standard library says about an address, written independently of the table. Nightly's `is_global` is
/// not there yet, so these are the parts that are.
fn known_to_std(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.is_documentation()
                || v4.is_unspecified()
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.to_ipv4().is_some()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn what_the_standard_library_knows_is_never_public(bits: u32, wide: u128) {
        for address in [IpAddr::from(Ipv4Addr::from(bits)), IpAddr::from(Ipv6Addr::from(wide))] {
            prop_assert!(!known_to_std(address) || Range::of(address).is_some(), "{}", address);
        }
    }

    #[test]
    fn no_ipv4_address_passes_in_other_clothes(bits: u32) {
        let v4 = u128::from(bits);
        let wrapped = [
            v4,
            0xffff << 32 | v4,
            0xffff << 48 | v4,
            0x0064_ff9b << 96 | v4,
            0x0064_ff9b_0001 << 80 | v4,
            0x2002 << 112 | v4 << 80,
            0x2001_0000 << 96 | v4,
        ];
        for address in wrapped.map(Ipv6Addr::from) {
            prop_assert!(Range::of(address.into()).is_some(), "{}", address);
            let check = Guard::default().check(&format!("https://[{address}]/"));
            prop_assert!(matches!(check, Err(Refused::Address { .. })), "{}", address);
        }
    }

    #[test]
    fn an_address_in_a_url_is_judged_like_the_same_address_from_a_resolver(bits: u32, wide: u128) {
        let (v4, v6) = (Ipv4Addr::from(bits), Ipv6Addr::from(wide));
        for guard in [Guard::default(), dev(), allowing(&[network("10.0.0.0/8")], PlainHttp::Listed)] {
            for (url, address) in [
                (format!("https://{v4}/"), IpAddr::from(v4)),
                (format!("https://{bits}/"), IpAddr::from(v4)),
                (format!("https://[{v6}]/"), IpAddr::from(v6)),
            ] {
                prop_assert_eq!(guard.check(&url).is_ok(), guard.admit("x", address).is_ok(), "{}", url);
            }
        }
    }

    #[test]
    fn no_text_at_all_panics_or_lets_a_line_break_through(text: String) {
        if let Ok(url) = dev().check(&text) {
            prop_assert!(!url.as_str().contains(['\r', '\n', ' ']), "{:?}", url);
            prop_assert!(matches!(url.scheme(), "https" | "http"));
        }
    }

    #[test]
    fn nothing_that_is_said_of_a_host_lets_credentials_or_port_zero_through(
        user in "[a-z:%@]{0,6}", host in "[a-z0-9.]{1,12}", port in 0u16..3,
    ) {
        if let Ok(url) = dev().check(&format!("https://{user}@{host}:{port}/")) {
            prop_assert!(false, "{url}");
        }
    }
}
