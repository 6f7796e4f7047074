//! `penstock exec`, which only `penstock run` calls.

use std::{path::Path, process::ExitCode};

use anyhow::{Context as _, bail};
use penstock_envoy::process;

use crate::arguments::Exec;

pub(crate) fn run(arguments: &Exec) -> anyhow::Result<ExitCode> {
    let Some((program, rest)) = arguments.command.split_first() else {
        bail!("no program");
    };
    let program = Path::new(program);
    let error = process::become_program(arguments.parent, program, rest);
    Err(error).with_context(|| program.display().to_string())
}
