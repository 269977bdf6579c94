//! The limits at the door: how much one key and one address may ask, and how long a request may take to arrive.
//!
//! They keep a program that ran wild, and a stranger, from taking the hub from the others. They do not shape honest
//! traffic: what leaves a phone is the plan's bucket's business, and a message that must wait there is accepted all the
//! same.

use std::num::NonZeroU32;
use std::time::Duration;

use super::span;

/// Section "door".
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct DoorSettings {
    /// Requests a second that one API key may make in the long run; 0 for no limit
    #[arg(long, env = "RELAY_KEY_RATE", value_name = "REQUESTS", default_value_t = DoorSettings::KEY_RATE, value_parser = rate)]
    pub key_rate: u32,
    /// Requests that one API key may make at once after a pause
    #[arg(long, env = "RELAY_KEY_BURST", value_name = "REQUESTS", default_value_t = DoorSettings::KEY_BURST, value_parser = burst)]
    pub key_burst: NonZeroU32,
    /// Requests a second that one address (IPv6: one /64) may make in the long run; 0 for no limit
    #[arg(long, env = "RELAY_ADDRESS_RATE", value_name = "REQUESTS", default_value_t = DoorSettings::ADDRESS_RATE, value_parser = rate)]
    pub address_rate: u32,
    /// Requests that one address may make at once after a pause
    #[arg(long, env = "RELAY_ADDRESS_BURST", value_name = "REQUESTS", default_value_t = DoorSettings::ADDRESS_BURST, value_parser = burst)]
    pub address_burst: NonZeroU32,
    /// Wrong API keys a minute that one address may show in the long run; 0 for no limit
    #[arg(long, env = "RELAY_WRONG_KEY_RATE", value_name = "KEYS", default_value_t = DoorSettings::WRONG_KEY_RATE, value_parser = rate)]
    pub wrong_key_rate: u32,
    /// Wrong API keys that one address may show at once after a pause
    #[arg(long, env = "RELAY_WRONG_KEY_BURST", value_name = "KEYS", default_value_t = DoorSettings::WRONG_KEY_BURST, value_parser = burst)]
    pub wrong_key_burst: NonZeroU32,
    /// The first request of a connection has its head here within this time, at least 1s [shortened by tests]
    #[arg(long, env = "RELAY_HEAD_TIMEOUT", value_name = "TIME", default_value = "5s", value_parser = head_timeout)]
    pub head_timeout: Duration,
    /// A request has its body here within this time [shortened by tests]
    #[arg(long, env = "RELAY_BODY_TIMEOUT", value_name = "TIME", default_value = "30s", value_parser = span::parse)]
    pub body_timeout: Duration,
}

impl DoorSettings {
    /// A program that sends one message after the other over a local network reaches a few hundred a second, and may:
    /// whoever waits for each answer is never refused. The hub does some ten thousand, so that one key that floods
    /// takes a twentieth of it. A phone sends less than one a second in any case.
    const KEY_RATE: u32 = 500;
    /// A day's reminders, sent as fast as the connection allows and one by one: nobody has to learn of the limit for
    /// that. It is half a second of the hub's time.
    const KEY_BURST: NonZeroU32 = NonZeroU32::new(5_000).expect("not zero");
    /// Two keys in full flight behind one address: an office, or a server with several programs. An address is also all
    /// that is known of a stranger, whose requests cost a hundredth of a customer's.
    const ADDRESS_RATE: u32 = 1_000;
    /// Two keys' bursts.
    const ADDRESS_BURST: NonZeroU32 = NonZeroU32::new(10_000).expect("not zero");
    /// One in two seconds: enough for people who paste keys, nothing for a guesser (a key has 262 random bits, this
    /// limit is not what protects it), and a program with a stale key is told to slow down. Keys that the address has
    /// shown rightly pass all the while.
    const WRONG_KEY_RATE: u32 = 30;
    /// A handful of programs that were all started with the wrong file, a few times each.
    const WRONG_KEY_BURST: NonZeroU32 = NonZeroU32::new(60).expect("not zero");
    /// A client sends its request head at once; one that does not is slow or hostile.
    const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
    /// A megabyte arrives within this over the slowest link that still serves; slower is hostile.
    const BODY_TIMEOUT: Duration = Duration::from_secs(30);
}

impl Default for DoorSettings {
    fn default() -> DoorSettings {
        DoorSettings {
            key_rate: DoorSettings::KEY_RATE,
            key_burst: DoorSettings::KEY_BURST,
            address_rate: DoorSettings::ADDRESS_RATE,
            address_burst: DoorSettings::ADDRESS_BURST,
            wrong_key_rate: DoorSettings::WRONG_KEY_RATE,
            wrong_key_burst: DoorSettings::WRONG_KEY_BURST,
            head_timeout: DoorSettings::HEAD_TIMEOUT,
            body_timeout: DoorSettings::BODY_TIMEOUT,
        }
    }
}

/// More is no limit: 0 says so.
const MOST: u32 = 1_000_000;

fn rate(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| *number <= MOST);
    number.ok_or_else(|| format!("write a whole number up to {MOST}, or 0 for no limit"))
}

fn burst(text: &str) -> Result<NonZeroU32, String> {
    let number = text.parse().ok().filter(|number: &NonZeroU32| number.get() <= MOST);
    number.ok_or_else(|| format!("write a whole number from 1 to {MOST}; a rate of 0 switches the limit off"))
}

/// The HTTP library looks at its clock twice a second: shorter times would end requests before they begin.
fn head_timeout(text: &str) -> Result<Duration, String> {
    let time = span::parse(text)?;
    if time < Duration::from_secs(1) { Err("write at least 1s".to_owned()) } else { Ok(time) }
}
