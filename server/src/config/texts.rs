//! What texts are accepted.

use std::num::NonZeroU16;

/// Section "texts".
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct TextSettings {
    /// SMS segments that one text may need, 1 to 255
    #[arg(long, env = "RELAY_MAX_SEGMENTS", value_name = "SEGMENTS", default_value = "10", value_parser = segments)]
    pub max_segments: NonZeroU16,
}

impl Default for TextSettings {
    fn default() -> TextSettings {
        TextSettings { max_segments: const { NonZeroU16::new(10).expect("ten is not zero") } }
    }
}

/// The concatenation header counts to 255.
const MOST: u16 = 255;

fn segments(text: &str) -> Result<NonZeroU16, String> {
    let number = text.parse::<NonZeroU16>().ok().filter(|number| number.get() <= MOST);
    number.ok_or_else(|| format!("write a whole number from 1 to {MOST}"))
}
