//! Postgres and Redis, real ones: started at the same time, worked with under a lease and in a transaction, and taken
//! down again.
//!
//! ```text
//! apt-get install postgresql redis-server
//! cargo run --example services -- --body-error
//! ```
//!
//! Whatever goes wrong in between, no process, no file, no lease and no half of a transaction is left behind; `--help`
//! lists what can be made to go wrong. Start with `run.rs`, where the members are put together, and then see
//! `members/transaction.rs`, the shortest of them.
//!
//! Ctrl-C and SIGTERM are heard as in the example `vms`: when one comes, it is the signal of `Scope::until`, and the
//! next is that of `Scope::abandon_on`: the error names what hung.

#[cfg(unix)]
mod members;
mod options;
#[path = "../common/picture.rs"]
mod picture;
#[cfg(unix)]
mod run;
#[cfg(unix)]
#[path = "../vms/signals.rs"]
mod signals;

use options::{Command, HELP};
use picture::Picture;
use std::process::ExitCode;
use withal::ScopeError;

fn main() -> ExitCode {
    let options = match options::parse(lexopt::Parser::from_env()) {
        Ok(Command::Run(options)) => options,
        Ok(Command::Help) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return fail(2, error),
    };
    let picture = match Picture::new(options.svg.clone()) {
        Ok(picture) => picture,
        Err(error) => return fail(2, error),
    };
    match run::run(&options, &picture) {
        Ok(()) => ExitCode::SUCCESS,
        // The client of Redis puts the sources of its errors into its own words, and names them as sources, too.
        Err(error) if error.is::<ScopeError>() => fail(run::exit_code(&error), error),
        Err(error) => fail(run::exit_code(&error), format_args!("{error:#}")),
    }
}

fn fail(code: u8, error: impl std::fmt::Display) -> ExitCode {
    eprintln!("services: {error}");
    ExitCode::from(code)
}

/// Process groups, users and signals are how servers are run and stopped here.
#[cfg(not(unix))]
mod run {
    pub(crate) fn run(_: &super::options::Options, _: &super::picture::Picture) -> anyhow::Result<()> {
        anyhow::bail!("only a Unix can run these servers")
    }

    pub(crate) fn exit_code(_: &anyhow::Error) -> u8 {
        3
    }
}
