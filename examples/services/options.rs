//! What the command line says.

use lexopt::prelude::*;
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Starts a PostgreSQL and a Redis server of its own at the same time, takes a lease on the one and begins a transaction on
the other, writes an order, and takes everything down again. Nothing of it is left, whatever happens.

Usage: cargo run --example services -- [OPTIONS]

Options:
  --body-error           the body returns an error, after it has written the order
  --panic                the body panics, after it has written the order
  --hold                 the body goes on until it is interrupted, after it has written the order
  --lease-taken          somebody else has the lease
  --one-after-the-other  start one server after the other, and stop them so, instead of both at the same time
  --svg FILE             draw what happened into FILE, with `--features timeline`
  -h, --help             print this

Of --body-error, --panic and --hold, the last one counts.

Signals: the first SIGINT, as Ctrl-C sends it, or SIGTERM cancels the scope. Servers that start do so to the end, the
transaction is rolled back, the lease is released, and the servers are stopped. If that is under way already, nothing
changes. The second one gives up waiting, and ends the servers at once.

Environment: SERVICES_PATH is a list of directories as in PATH, to find the servers' programs in. If it is not set, they
are looked for where Debian has them, and on PATH. Their files are in temporary directories, in TMPDIR. For root, the
user postgres runs PostgreSQL.

Exit codes:
  0    all went well
  1    the body returned an error, or a member did not enter or exit
  2    the command line is wrong
  3    the servers' programs are not installed
  4    the lease was lost while the body worked, and the transaction was rolled back
  101  the body panicked
  130  interrupted by SIGINT first, unless the body panicked
  143  interrupted by SIGTERM first, unless the body panicked
On every one of them, the servers have ended, and their files are removed.
";

pub(crate) enum Command {
    Help,
    Run(Options),
}

pub(crate) struct Options {
    pub(crate) ending: Ending,
    pub(crate) lease_taken: bool,
    pub(crate) one_after_the_other: bool,
    pub(crate) svg: Option<PathBuf>,
}

/// How the body is to end.
#[derive(Clone, Copy)]
pub(crate) enum Ending {
    Ok,
    Error,
    Panic,
    Never,
}

pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Options { ending: Ending::Ok, lease_taken: false, one_after_the_other: false, svg: None };
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help),
            Long("body-error") => options.ending = Ending::Error,
            Long("panic") => options.ending = Ending::Panic,
            Long("hold") => options.ending = Ending::Never,
            Long("lease-taken") => options.lease_taken = true,
            Long("svg") => options.svg = Some(parser.value()?.into()),
            Long("one-after-the-other") => options.one_after_the_other = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Run(options))
}
