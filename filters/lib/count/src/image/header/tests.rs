use super::*;

/// Base64 by the definition, for tests.
fn encode(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let value = (bits >> (18 - 6 * place)) & 63;
            text.push(if place <= chunk.len() {
                char::from(ALPHABET[value as usize])
            } else {
                '='
            });
        }
    }
    text
}

fn known(width: u64, height: u64) -> Option<Size> {
    Some(Size { width, height })
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0]);
    bytes
}

fn jpeg(metadata: usize, width: u16, height: u16) -> Vec<u8> {
    let mut bytes = b"\xff\xd8".to_vec();
    for _ in 0..metadata {
        bytes.extend(b"\xff\xe1\xff\xff");
        // Looks like a frame, and is none.
        bytes.extend(b"\xff\xc0\0\x11\x08\0\x01\0\x01".iter().cycle().take(0xffff - 2));
    }
    // Tables and filling before the frame.
    bytes.extend(b"\xff\xc4\0\x03\0\xff\xff\xc2\0\x11\x08");
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([3, 1, 0x22, 0]);
    bytes
}

fn webp(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WEBP".to_vec();
    bytes.extend(kind);
    bytes.extend([0; 4]);
    bytes.extend(data);
    bytes
}

#[test]
fn the_size_is_read_from_every_format() {
    for (bytes, size) in [
        (png(640, 480), known(640, 480)),
        (png(0, 480), None),
        (b"GIF89a\x01\x02\x03\x04\0\0\0".to_vec(), known(0x201, 0x403)),
        (jpeg(0, 4_000, 3_000), known(4_000, 3_000)),
        (jpeg(3, 4_000, 3_000), known(4_000, 3_000)),
        (jpeg(5, 4_000, 3_000), None),
        (
            webp(b"VP8X", &[0, 0, 0, 0, 0xff, 1, 0, 0xff, 0, 0]),
            known(512, 256),
        ),
        (webp(b"VP8L", &[0x2f, 0xff, 0x41, 0x3f, 0]), known(512, 254)),
        (
            webp(b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, 0, 2, 0, 1]),
            known(512, 256),
        ),
        (webp(b"ALPH", &[0; 20]), None),
        (b"\xff\xd8\xff\xda\0\x02".to_vec(), None),
        (b"BM\0\0\0\0\0\0\0\0".to_vec(), None),
    ] {
        let start = &bytes[..bytes.len().min(40)];
        assert_eq!(super::size(&encode(&bytes)), size, "{start:?}");
    }
}

#[test]
fn a_header_cut_anywhere_is_unknown_and_no_harm() {
    for bytes in [
        png(640, 480),
        jpeg(0, 640, 480),
        webp(b"VP8X", &[0; 10]),
        b"GIF89a\x01\x02\x03\x04".to_vec(),
    ] {
        for end in 0..bytes.len() {
            let size = size(&encode(&bytes[..end]));
            assert!(size.is_none() || end > 9, "{end}");
        }
    }
}

#[test]
fn base64_is_decoded_to_its_limit_in_either_alphabet() {
    let bytes: Vec<u8> = (0..=255).collect();
    let text = encode(&bytes);
    assert_eq!(decode(&text, 1_000), bytes);
    assert_eq!(decode(&text, 100), &bytes[..100]);
    assert_eq!(decode(&text.replace('+', "-").replace('/', "_\n"), 1_000), bytes);
    assert_eq!(decode("QUI!QUI", 1_000), b"AB");
}
