//! What happens when: a line per event.

use crate::progress::Progress;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Instant;
use withal::OutcomeKind;

/// An event in the life of one machine.
pub(crate) enum Event {
    Started { pid: Option<u32> },
    Ready,
    BootFailed,
    Answered { request: String, answer: String },
    ToldToStop(OutcomeKind),
    Ended,
    Killed,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started { pid } => write!(f, "started, pid {}", pid.unwrap_or_default()),
            Self::Ready => f.write_str("ready"),
            Self::BootFailed => f.write_str("failed to boot, and ended"),
            Self::Answered { request, answer } => write!(f, "answered {request:?} with {answer}"),
            Self::ToldToStop(outcome) => write!(f, "told to stop, outcome {outcome:?}"),
            Self::Ended => f.write_str("ended"),
            Self::Killed => f.write_str("killed"),
        }
    }
}

/// Prints events as they are added. The bars, if there are any, stand for those of single machines.
pub(crate) struct Events {
    start: Instant,
    progress: Option<Arc<Progress>>,
    /// The bars are where the lines would be.
    has_bars: bool,
}

impl Events {
    pub(crate) fn new(progress: Option<Arc<Progress>>) -> Self {
        let has_bars = progress.is_some() && io::stdout().is_terminal();
        Self { start: Instant::now(), progress, has_bars }
    }

    pub(crate) fn add(&self, machine: usize, event: &Event) {
        if !self.has_bars {
            self.remark(format_args!("machine {machine:<2}  {event}"));
        }
    }

    /// Says something of all machines.
    pub(crate) fn remark(&self, text: fmt::Arguments<'_>) {
        let print = || say(format_args!("{:>5} ms  {text}", self.start.elapsed().as_millis()));
        match &self.progress {
            Some(progress) => progress.suspend(print),
            None => print(),
        }
    }
}

fn say(line: fmt::Arguments<'_>) {
    // Nobody may be listening any more, and the machines have to be stopped all the same: `println!` would panic.
    let _ = writeln!(io::stdout(), "{line}");
}
