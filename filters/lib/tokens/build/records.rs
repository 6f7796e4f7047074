//! Tokens by length; within a length at the slot that their hash and a seed give. A seed belongs to a bucket of a few
//! tokens and is chosen so that no two of all these tokens meet (hash and displace: Belazzougui, Botelho and
//! Dietzfelbinger 2009). A record is the ranks of a token in five bytes, then its bytes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use anyhow::{Context, ensure};

use crate::span::{self, Span};

/// Tokens of both vocabularies, with the rank that each gives them.
pub type Tokens = BTreeMap<Vec<u8>, [u32; 2]>;

/// The rank of what is no token. Ranks have 18 bits.
pub const NONE: u32 = (1 << RANK_BITS) - 1;
const RANK_BITS: u32 = 18;
const RANKS: usize = 5;

/// Fewer would make more seeds, more would find none.
const TOKENS_PER_BUCKET: usize = 5;
/// Past the last record: a word can be read from anywhere in it.
const PADDING: usize = 8;

/// What is written to files.
#[derive(Default)]
pub struct Tables {
    /// Rust: where each length's part of the other two begins, and how large it is.
    pub lengths: String,
    /// `u16`, little-endian, one for each bucket.
    pub seeds: Vec<u8>,
    /// Those of one length are equally long.
    pub records: Vec<u8>,
}

/// Lays out the records and seeds of all lengths.
pub fn lay_out(tokens: &Tokens) -> anyhow::Result<Tables> {
    let longest = tokens.keys().map(Vec::len).max().unwrap_or_default();
    let mut tables = Tables::default();
    writeln!(tables.lengths, "static LENGTHS: [Length; {}] = [", longest + 1)?;
    for length in 0..=longest {
        let tokens = tokens.iter().filter(|(token, _)| token.len() == length).collect();
        tables.add(length, tokens)?;
    }
    writeln!(tables.lengths, "];")?;
    tables.records.extend([0; PADDING]);
    Ok(tables)
}

type Token<'t> = (&'t Vec<u8>, &'t [u32; 2]);

impl Tables {
    fn add(&mut self, length: usize, tokens: Vec<Token<'_>>) -> anyhow::Result<()> {
        let buckets = tokens.len().div_ceil(TOKENS_PER_BUCKET);
        let slots = tokens.len() + free(tokens.len());
        writeln!(
            self.lengths,
            "Length {{ records: {}, slots: {slots}, seeds: {}, buckets: {buckets} }},",
            self.records.len(),
            self.seeds.len(),
        )?;
        let placed = place(&tokens, u32::try_from(buckets)?, u32::try_from(slots)?)
            .with_context(|| format!("tokens of {length} bytes"))?;
        for seed in placed.seeds {
            self.seeds.extend(seed.to_le_bytes());
        }
        for token in placed.slots {
            let (bytes, ranks) = token.unzip();
            self.records.extend(pack(ranks.copied().unwrap_or([NONE; 2])));
            self.records.extend(bytes.unwrap_or(&vec![0; length]));
        }
        Ok(())
    }
}

/// How many slots are left free, so that the last tokens find a place: a hundredth, and more where there are few.
fn free(tokens: usize) -> usize {
    tokens / 100 + (tokens / 8).min(32)
}

fn pack([first, second]: [u32; 2]) -> impl Iterator<Item = u8> {
    let ranks = u64::from(first) | u64::from(second) << RANK_BITS;
    ranks.to_le_bytes().into_iter().take(RANKS)
}

struct Placed<'t> {
    seeds: Vec<u16>,
    slots: Vec<Option<Token<'t>>>,
}

fn place<'t>(tokens: &[Token<'t>], buckets: u32, slots: u32) -> anyhow::Result<Placed<'t>> {
    let mut hashes = HashSet::new();
    let mut members = vec![Vec::new(); buckets as usize];
    for token in tokens {
        let hash = hash(token.0);
        ensure!(hashes.insert(hash), "two have the same hash");
        if let Some(bucket) = members.get_mut(span::bucket(hash, buckets)) {
            bucket.push((hash, *token));
        }
    }
    let mut largest_first: Vec<_> = members.iter().enumerate().collect();
    largest_first.sort_by_key(|(_, members)| Reverse(members.len()));

    let mut placed = Placed {
        seeds: vec![0; buckets as usize],
        slots: vec![None; slots as usize],
    };
    for (bucket, members) in largest_first {
        let seed = (0..=u16::MAX)
            .find(|seed| placed.fits(members, *seed, slots))
            .with_context(|| format!("no seed for {} tokens", members.len()))?;
        if let Some(entry) = placed.seeds.get_mut(bucket) {
            *entry = seed;
        }
        for (hash, token) in members {
            if let Some(entry) = placed.slots.get_mut(span::slot(*hash, seed, slots)) {
                *entry = Some(*token);
            }
        }
    }
    Ok(placed)
}

impl Placed<'_> {
    fn fits(&self, members: &[(u64, Token<'_>)], seed: u16, slots: u32) -> bool {
        let slot = |(hash, _): &(u64, Token<'_>)| span::slot(*hash, seed, slots);
        members.iter().enumerate().all(|(index, member)| {
            let wanted = slot(member);
            matches!(self.slots.get(wanted), Some(None))
                && members.iter().take(index).all(|earlier| slot(earlier) != wanted)
        })
    }
}

fn hash(token: &[u8]) -> u64 {
    let length = token.len();
    Span {
        text: token,
        at: 0,
        length,
    }
    .hash()
}
