//! An image's size from its first bytes: PNG, JPEG, GIF and WebP, the formats that all providers take.
//!
//! Only a prefix is decoded: a JPEG may have its size behind [`MAX_PREFIX`] of metadata, and then it is not known.
//! Layouts: PNG (W3C, third edition, 11.2.1), GIF89a (section 18), JPEG (ITU T.81, B.2.2), WebP (RFC 9649); read
//! 2026-11.

/// Where PNG, GIF and WebP have their size, and most JPEG files too, in bytes.
const SHORT_PREFIX: usize = 4 * 1024;

/// How far a JPEG is read, in bytes: four segments of metadata of the largest size.
const MAX_PREFIX: usize = 256 * 1024;

/// Pixels; neither is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// From left to right.
    pub width: u64,
    /// From top to bottom.
    pub height: u64,
}

impl Size {
    fn new(width: u32, height: u32) -> Option<Self> {
        let size = Self {
            width: u64::from(width),
            height: u64::from(height),
        };
        (width > 0 && height > 0).then_some(size)
    }

    /// Times `by / of`, rounded, at least one pixel.
    pub(super) fn scaled(self, by: u64, of: u64) -> Self {
        let edge = |edge: u64| ((edge * by * 2 + of) / (of * 2).max(1)).max(1);
        Self {
            width: edge(self.width),
            height: edge(self.height),
        }
    }

    /// How many squares cover it.
    pub(super) fn blocks(self, side: u64) -> u64 {
        self.width.div_ceil(side) * self.height.div_ceil(side)
    }
}

/// The size of an image in base64; `None` if it is not known.
pub fn size(base64: &str) -> Option<Size> {
    let prefix = decode(base64, SHORT_PREFIX);
    match read(&prefix) {
        None if prefix.starts_with(b"\xff\xd8") => read(&decode(base64, MAX_PREFIX)),
        size => size,
    }
}

fn read(bytes: &[u8]) -> Option<Size> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Size::new(big(bytes, 16, 4)?, big(bytes, 20, 4)?),
        [b'G', b'I', b'F', b'8', ..] => Size::new(little(bytes, 6, 2)?, little(bytes, 8, 2)?),
        [0xff, 0xd8, ..] => jpeg(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(bytes),
        _ => None,
    }
}

fn jpeg(bytes: &[u8]) -> Option<Size> {
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        match *bytes.get(at + 1)? {
            // Filling.
            0xff => at += 1,
            // Markers without a segment.
            0x01 | 0xd0..=0xd8 => at += 2,
            // The start of a frame; the exceptions define tables.
            marker @ 0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Size::new(big(bytes, at + 7, 2)?, big(bytes, at + 5, 2)?);
            }
            // Image data without a frame.
            0xda | 0xd9 => return None,
            _ => {
                at = at
                    .checked_add(2)?
                    .checked_add(usize::try_from(big(bytes, at + 2, 2)?).ok()?)?
            }
        }
    }
}

fn webp(bytes: &[u8]) -> Option<Size> {
    match bytes.get(12..16)? {
        b"VP8X" => Size::new(little(bytes, 24, 3)? + 1, little(bytes, 27, 3)? + 1),
        b"VP8L" => {
            let packed = little(bytes, 21, 4)?;
            Size::new((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1)
        }
        b"VP8 " => Size::new(little(bytes, 26, 2)? & 0x3fff, little(bytes, 28, 2)? & 0x3fff),
        _ => None,
    }
}

/// A number of up to four bytes, the highest first.
fn big(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + length)?;
    Some(
        bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte)),
    )
}

/// A number of up to four bytes, the lowest first.
fn little(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + length)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | u32::from(*byte)),
    )
}

/// The first `most` bytes of base64 of either alphabet, as far as it is base64; white space is passed over.
fn decode(base64: &str, most: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(most.min(base64.len()));
    let (mut bits, mut count) = (0_u32, 0);
    for character in base64.bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            let [.., byte] = (bits >> count).to_be_bytes();
            bytes.push(byte);
            if bytes.len() >= most {
                break;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
