//! What audio, video and documents cost, where only their size in bytes is known.
//!
//! Audio in the request is taken for as long as its bytes can be in the usual codings. All else here is an estimate: a PDF's
//! pages cannot be counted without reading it whole, and of what is not in the request nothing is known at all. Providers
//! publish bounds for that (9.5 hours of audio, a whole context of pages), but whoever is charged them can ask for nothing
//! under any sensible limit. So the estimates are ordinary sizes, and what they are wrong by, settlement mends.

use crate::image::{Detail, Formula, Size};

/// Tokens of a second of audio, for OpenAI's models: one for each 100 ms (OpenAI, guide "Realtime API: managing
/// costs", read 2026-11).
pub(crate) const OPENAI_AUDIO: u64 = 10;

/// Tokens of a second of audio, for any other model: what Gemini says (Gemini API, "Audio understanding", read
/// 2026-11). It is the highest rate that is published.
pub(crate) const OTHER_AUDIO: u64 = 32;

/// Bytes of a second of WAV at the lowest rate of PCM in use: 8 kHz of one byte, as telephones have (ITU-T G.711).
const WAV_SECOND: u64 = 8_000;

/// Bytes of a second of compressed audio at MP3's lowest bit rate, 8 kbit/s (ISO 13818-3). Opus can have less, and hardly
/// ever does.
const COMPRESSED_SECOND: u64 = 1_000;

/// Seconds of audio that is not in the request: ten minutes. A guess, of no source.
const UNKNOWN_AUDIO_SECONDS: u64 = 600;

/// Tokens of the text on a page of a PDF: the most of Anthropic's "typically 1,500-3,000", to which the page as an
/// image is added (guide "PDF support", read 2026-11).
const PAGE_TEXT: u64 = 3_000;

/// Most pages in a request, for models of 200,000 tokens (same guide).
const MAX_PAGES: u64 = 100;

/// A page as an image: A4 at 150 dots an inch. A guess: no provider says how it draws pages.
const PAGE: Size = Size {
    width: 1_240,
    height: 1_754,
};

/// Most tokens of one document: the context of the models that [`MAX_PAGES`] is for. An estimate beyond it would refuse
/// for good what the provider takes.
const MOST: u64 = 200_000;

/// Bytes that a page of a PDF is taken to have. A guess, of no source: pages of text alone have less, scanned ones much
/// more.
const PAGE_BYTES: u64 = 16 * 1024;

/// Pages of a document that is not in the request. A guess, of no source.
const UNKNOWN_PAGES: u64 = 20;

/// Tokens of a video, however long: the most that Qwen2.5-VL's own preparation makes of one (`VIDEO_TOTAL_PIXELS` of
/// `qwen-vl-utils` up to 0.0.8, read 2026-11; later releases let 115,200 through). For any other model a guess: those that
/// count seconds have no bound but their context.
pub(crate) const VIDEO: u64 = 24_576;

/// The tokens of audio that is so many characters of base64; `None` if it is not in the request.
pub(crate) fn audio(base64: Option<usize>, format: &str, per_second: u64) -> u64 {
    let of_second = match format {
        "wav" | "pcm16" => WAV_SECOND,
        _ => COMPRESSED_SECOND,
    };
    let seconds = base64.map_or(UNKNOWN_AUDIO_SECONDS, |length| {
        decoded(length).div_ceil(of_second)
    });
    seconds.saturating_mul(per_second)
}

/// The tokens of a PDF that is so many characters of base64; `None` if it is not in the request.
pub(crate) fn document(base64: Option<usize>, image: Formula) -> u64 {
    let pages = base64.map_or(UNKNOWN_PAGES, |length| {
        decoded(length).div_ceil(PAGE_BYTES).clamp(1, MAX_PAGES)
    });
    pages
        .saturating_mul(PAGE_TEXT.saturating_add(image.tokens(Some(PAGE), Detail::Auto)))
        .min(MOST)
}

/// The tokens of what cannot be read by anyone but the provider: four bytes each, as if it were text. A guess.
pub(crate) fn opaque(length: usize) -> u64 {
    decoded(length).div_ceil(4)
}

fn decoded(base64: usize) -> u64 {
    u64::try_from(base64)
        .unwrap_or(u64::MAX)
        .div_ceil(4)
        .saturating_mul(3)
}
