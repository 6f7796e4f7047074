//! The `penstock` command: checks `penstock.yaml`, renders it for Envoy, runs both.

mod arguments;
mod command;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};

/// 0: done. 1: it could not be done, and standard error says why. 2: wrong arguments (from clap).
fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Validate(arguments) => command::validate::run(&arguments),
        Command::Render(arguments) => command::render::run(&arguments),
        Command::Run(arguments) => command::run::run(&arguments),
        Command::Keys(arguments) => command::keys::run(arguments),
        Command::Oci(arguments) => command::oci::run(&arguments),
        Command::Exec(arguments) => command::exec::run(&arguments),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
