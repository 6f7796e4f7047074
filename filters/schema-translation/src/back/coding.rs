//! Content codings of answers. None is asked for, but some providers compress all the same.

use std::io::Write;

use flate2::write::{MultiGzDecoder, ZlibDecoder};

/// Input is taken in steps of this many bytes. Deflate makes at most about 1,032 bytes of one (zlib technical
/// notes, "Maximum Expansion Factor"), so a step never yields more than half a megabyte.
const STEP: usize = 512;

/// Undoes the coding of an answer, piece by piece.
pub(crate) enum Coding {
    /// The bytes are as they are.
    Identity,
    Gzip(Box<MultiGzDecoder<Vec<u8>>>),
    Deflate(Box<ZlibDecoder<Vec<u8>>>),
    /// One that cannot be undone here.
    Unknown,
}

/// The bytes are not of the coding that the header named, or that coding is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Corrupt;

impl Coding {
    /// The coding that a `content-encoding` header names.
    pub(crate) fn named(header: Option<&str>) -> Self {
        match header.unwrap_or("identity").trim().to_ascii_lowercase().as_str() {
            "identity" | "" => Self::Identity,
            "gzip" | "x-gzip" => Self::Gzip(Box::new(MultiGzDecoder::new(Vec::new()))),
            "deflate" => Self::Deflate(Box::new(ZlibDecoder::new(Vec::new()))),
            _ => Self::Unknown,
        }
    }

    /// Whether bytes go through unchanged.
    pub(crate) fn is_identity(&self) -> bool {
        matches!(self, Self::Identity)
    }

    /// Hands the plain bytes of `coded` to `take`, a bounded step at a time, until `take` returns false.
    pub(crate) fn decode(
        &mut self,
        coded: &[u8],
        mut take: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), Corrupt> {
        if self.is_identity() {
            take(coded);
            return Ok(());
        }
        for step in coded.chunks(STEP) {
            let plain = match self {
                Self::Identity => return Ok(()),
                Self::Unknown => return Err(Corrupt),
                Self::Gzip(decoder) => written(&mut **decoder, step)?,
                Self::Deflate(decoder) => written(&mut **decoder, step)?,
            };
            if !plain.is_empty() && !take(&plain) {
                break;
            }
        }
        Ok(())
    }
}

/// A decoder that collects what it makes.
trait Collecting: Write {
    fn collected(&mut self) -> &mut Vec<u8>;
}

impl Collecting for MultiGzDecoder<Vec<u8>> {
    fn collected(&mut self) -> &mut Vec<u8> {
        self.get_mut()
    }
}

impl Collecting for ZlibDecoder<Vec<u8>> {
    fn collected(&mut self) -> &mut Vec<u8> {
        self.get_mut()
    }
}

fn written(decoder: &mut impl Collecting, step: &[u8]) -> Result<Vec<u8>, Corrupt> {
    decoder
        .write_all(step)
        .and_then(|()| decoder.flush())
        .map_err(|_| Corrupt)?;
    Ok(std::mem::take(decoder.collected()))
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(plain: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn each_coding_is_undone_wherever_the_bytes_are_cut() {
        let plain: Vec<u8> = (0..3_000_u32).map(|n| (n * n % 251) as u8).collect();
        for (name, coded) in [
            ("gzip", gzip(&plain)),
            ("deflate", deflate(&plain)),
            ("identity", plain.clone()),
        ] {
            for at in (0..=coded.len()).step_by(7) {
                let mut coding = Coding::named(Some(name));
                let mut out = Vec::new();
                let (head, tail) = coded.split_at(at);
                for piece in [head, tail] {
                    let take = |bytes: &[u8]| {
                        out.extend_from_slice(bytes);
                        true
                    };
                    coding.decode(piece, take).unwrap();
                }
                assert_eq!(out, plain, "{name} cut at {at}");
            }
        }
    }

    #[test]
    fn a_bomb_is_unpacked_no_further_than_it_is_wanted() {
        let bomb = gzip(&vec![0; 50_000_000]);
        let mut seen = 0;
        let take = |bytes: &[u8]| {
            seen += bytes.len();
            seen < 1_000_000
        };
        Coding::named(Some("gzip")).decode(&bomb, take).unwrap();
        assert!(seen < 2_000_000, "{seen}");
    }

    #[test]
    fn bytes_of_another_coding_are_corrupt() {
        let result = Coding::named(Some("gzip")).decode(b"{\"plain\": true}", |_| true);
        assert_eq!(result, Err(Corrupt));
    }

    #[test]
    fn codings_that_cannot_be_undone_are_not_known() {
        assert!(matches!(Coding::named(Some("br")), Coding::Unknown));
        assert_eq!(Coding::named(Some("br")).decode(b"x", |_| true), Err(Corrupt));
        assert!(matches!(Coding::named(Some("GZIP")), Coding::Gzip(_)));
        assert!(Coding::named(None).is_identity());
    }
}
