//! Lays out at build time what the crate reads at run time: the tokens of both vocabularies by length and hash, and the
//! class of every character. The vocabularies come from tiktoken-rs, the classes from the tables of its regex engine.

#[path = "src/class.rs"]
mod class;
#[path = "build/classes.rs"]
mod classes;
#[path = "build/records.rs"]
mod records;
#[path = "src/span.rs"]
mod span;

use std::path::PathBuf;
use std::{env, fs};

use anyhow::Context;
use tiktoken_rs::CoreBPE;

use crate::records::{NONE, Tables, Tokens};

fn main() -> anyhow::Result<()> {
    for source in ["build.rs", "build", "src/class.rs", "src/span.rs"] {
        println!("cargo:rerun-if-changed={source}");
    }
    let directory = PathBuf::from(env::var_os("OUT_DIR").context("OUT_DIR is not set")?);

    let mut tokens = Tokens::new();
    add(&mut tokens, 0, &tiktoken_rs::o200k_base()?);
    add(&mut tokens, 1, &tiktoken_rs::cl100k_base()?);
    let Tables {
        lengths,
        seeds,
        records,
    } = records::lay_out(&tokens)?;
    fs::write(directory.join("lengths.rs"), lengths)?;
    fs::write(directory.join("seeds.bin"), seeds)?;
    fs::write(directory.join("records.bin"), records)?;

    let (blocks, classes) = classes::lay_out()?;
    fs::write(directory.join("blocks.bin"), blocks)?;
    fs::write(directory.join("classes.bin"), classes)?;
    Ok(())
}

/// Ranks of ordinary tokens go up from 0 without a gap in both vocabularies; special tokens stand apart.
fn add(tokens: &mut Tokens, vocabulary: usize, source: &CoreBPE) {
    for rank in 0.. {
        let Ok(token) = source.decode_bytes(&[rank]) else {
            break;
        };
        let ranks = tokens.entry(token).or_insert([NONE; 2]);
        if let Some(entry) = ranks.get_mut(vocabulary) {
            *entry = rank;
        }
    }
}
