//! Segments: in how many radio parts a text goes out (3GPP TS 23.038 and 23.040).
//!
//! A part is filled greedily; neither an escape pair of GSM-7 nor a surrogate pair of UCS-2 is torn apart.

/// How a text is coded on the radio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// 7-bit default alphabet with its extension table: 160 septets alone, 153 in parts.
    Gsm7,
    /// UTF-16 code units: 70 alone, 67 in parts.
    Ucs2,
}

/// What a text costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Segments {
    /// How it is coded.
    pub encoding: Encoding,
    /// Septets or code units.
    pub units: usize,
    /// Radio parts; an empty text has one.
    pub parts: usize,
}

/// More parts than this do not fit the concatenation header.
pub const MAX_PARTS: usize = 255;

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

impl Encoding {
    fn alone(self) -> usize {
        match self {
            Encoding::Gsm7 => 160,
            Encoding::Ucs2 => 70,
        }
    }

    fn in_parts(self) -> usize {
        match self {
            Encoding::Gsm7 => 153,
            Encoding::Ucs2 => 67,
        }
    }

    fn width(self, character: char) -> usize {
        match self {
            Encoding::Gsm7 => septets(character).unwrap_or(2),
            Encoding::Ucs2 => character.len_utf16(),
        }
    }
}

/// Septets of a character in GSM-7: 1, 2 from the extension table, or none.
fn septets(character: char) -> Option<usize> {
    if character.is_ascii_alphanumeric() || character == ' ' || BASIC.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

/// Counts the segments of a text.
pub fn count(text: &str) -> Segments {
    let gsm7: Option<usize> = text.chars().map(septets).sum();
    let (encoding, units) = match gsm7 {
        Some(septets) => (Encoding::Gsm7, septets),
        None => (Encoding::Ucs2, text.encode_utf16().count()),
    };
    let parts = if units <= encoding.alone() { 1 } else { fill(text, encoding) };
    Segments { encoding, units, parts }
}

fn fill(text: &str, encoding: Encoding) -> usize {
    let room = encoding.in_parts();
    let (parts, _) =
        text.chars().map(|character| encoding.width(character)).fold((1, 0), |(parts, used), width| {
            if used + width <= room { (parts, used + width) } else { (parts + 1, width) }
        });
    parts
}
