//! What the command line says.

use crate::server::Config;
use lexopt::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

pub(crate) const HELP: &str = "\
Boots machines at the same time, gives them work, and stops them at the same time.

Usage: cargo run --example vms -- [OPTIONS]

Options:
  --machines N    how many there are, 1 to 64 [default: 2]
  --fail I        machine I refuses to boot
  --stuck I       machine I never gets to boot, and is killed after half a minute
  --die I         machine I ends by itself when it has done its work, and the body goes on until then
  --hang I        machine I ignores the request to stop, and is killed after the stop limit
  --stop-limit S  how many seconds a machine has to stop, 1 to 600 [default: 1]
  --body-error    the body returns an error, after the machines have done their work
  --panic         the body panics, after the machines have done their work, even with --body-error
  --hold          the body goes on until it is interrupted, after the machines have done their work
  --progress      draw a bar for each machine, in place of its lines; off a terminal there are the lines, as without it
  --svg FILE      draw what happened into FILE, with `--features timeline`
  -h, --help      print this

Machines are counted from 0: I is 0 to N - 1, as in the messages. What takes an I may be given again for another one.

Signals: the first SIGINT, as Ctrl-C sends it, or SIGTERM cancels the scope. The machines that boot do so to the end, and
all are stopped. If they are being stopped already, nothing changes. The second one gives up waiting, kills them, and
names those that hung.

Exit codes:
  0    all went well
  1    a machine did not boot, or did not stop by itself, or the body returned an error
  2    the command line is wrong
  3    a machine died while the body worked
  101  the body panicked
  130  interrupted by SIGINT first, unless the body panicked
  143  interrupted by SIGTERM first, unless the body panicked
On every one of them, all machines have stopped or have been killed.
";

pub(crate) enum Command {
    Help,
    /// Be the parent of some machines.
    Run(Options),
    /// Be a machine: for the parent's use.
    Serve(Config),
}

#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Options {
    pub(crate) machines: usize,
    pub(crate) body_error: bool,
    pub(crate) panic: bool,
    pub(crate) hold: bool,
    pub(crate) progress: bool,
    pub(crate) stop_limit: Duration,
    pub(crate) svg: Option<PathBuf>,
    fail: BTreeSet<usize>,
    stuck: BTreeSet<usize>,
    die: BTreeSet<usize>,
    hang: BTreeSet<usize>,
}

impl Options {
    pub(crate) fn configs(&self) -> impl Iterator<Item = Config> {
        (0..self.machines).map(|index| Config {
            index,
            refuses_to_boot: self.fail.contains(&index),
            gets_stuck: self.stuck.contains(&index),
            dies_early: self.die.contains(&index),
            ignores_stop: self.hang.contains(&index),
        })
    }
}

pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut options = Options {
        machines: 2,
        body_error: false,
        panic: false,
        hold: false,
        progress: false,
        stop_limit: Duration::from_secs(1),
        svg: None,
        fail: BTreeSet::new(),
        stuck: BTreeSet::new(),
        die: BTreeSet::new(),
        hang: BTreeSet::new(),
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Command::Help),
            Value(mode) if mode == "serve" => return parse_serve(parser).map(Command::Serve),
            Long("machines") => options.machines = in_range("--machines", number("--machines", &mut parser)?, 1..=64)?,
            Long("fail") => _ = options.fail.insert(number("--fail", &mut parser)?),
            Long("stuck") => _ = options.stuck.insert(number("--stuck", &mut parser)?),
            Long("die") => _ = options.die.insert(number("--die", &mut parser)?),
            Long("hang") => _ = options.hang.insert(number("--hang", &mut parser)?),
            Long("body-error") => options.body_error = true,
            Long("panic") => options.panic = true,
            Long("hold") => options.hold = true,
            Long("progress") => options.progress = true,
            Long("svg") => options.svg = Some(parser.value()?.into()),
            Long("stop-limit") => {
                let seconds = in_range("--stop-limit", number("--stop-limit", &mut parser)?, 1..=600)?;
                options.stop_limit = Duration::from_secs(seconds);
            }
            other => return Err(other.unexpected()),
        }
    }
    // Only now, as `--machines` may come last.
    let Options { fail, stuck, die, hang, .. } = &options;
    for (option, indexes) in [("--fail", fail), ("--stuck", stuck), ("--die", die), ("--hang", hang)] {
        for &index in indexes {
            in_range(option, index, 0..=options.machines - 1)?;
        }
    }
    options.hold |= !options.die.is_empty();
    Ok(Command::Run(options))
}

fn parse_serve(mut parser: lexopt::Parser) -> Result<Config, lexopt::Error> {
    let mut config = Config { index: number("serve", &mut parser)?, ..Config::default() };
    while let Some(arg) = parser.next()? {
        match arg {
            Long("refuse-boot") => config.refuses_to_boot = true,
            Long("get-stuck") => config.gets_stuck = true,
            Long("die-early") => config.dies_early = true,
            Long("ignore-stop") => config.ignores_stop = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(config)
}

fn number<N: FromStr>(option: &str, parser: &mut lexopt::Parser) -> Result<N, lexopt::Error> {
    let value = parser.value()?;
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.ok_or_else(|| format!("{option} takes a number, which {value:?} is not").into())
}

fn in_range<N: Ord + Display>(option: &str, number: N, range: RangeInclusive<N>) -> Result<N, lexopt::Error> {
    if range.contains(&number) {
        return Ok(number);
    }
    Err(format!("{option} {number} is out of range: {} to {}", range.start(), range.end()).into())
}
