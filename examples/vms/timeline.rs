//! What happened when: a line per event as it happens, and at the end a bar per machine.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use withal::OutcomeKind;

/// How many columns the chart has for the whole time.
const COLUMNS: u32 = 60;

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

impl Event {
    /// How the chart shows a machine from this event on.
    fn mark(&self) -> char {
        match self {
            Self::Started { .. } | Self::ToldToStop(_) => '.',
            Self::Ready | Self::Answered { .. } => '#',
            Self::BootFailed | Self::Ended | Self::Killed => ' ',
        }
    }
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

/// Prints events as they are added, and a chart of them when it is dropped.
pub(crate) struct Timeline {
    machines: usize,
    start: Instant,
    entries: Mutex<Vec<Entry>>,
}

struct Entry {
    at: Duration,
    machine: usize,
    event: Event,
}

impl Timeline {
    pub(crate) fn new(machines: usize) -> Self {
        Self { machines, start: Instant::now(), entries: Mutex::default() }
    }

    pub(crate) fn add(&self, machine: usize, event: Event) {
        let at = self.start.elapsed();
        say(format_args!("{:>5} ms  machine {machine:<2}  {event}", at.as_millis()));
        self.entries().push(Entry { at, machine, event });
    }

    /// Says something of all machines.
    pub(crate) fn remark(&self, text: fmt::Arguments<'_>) {
        say(format_args!("{:>5} ms  {text}", self.start.elapsed().as_millis()));
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Timeline {
    fn drop(&mut self) {
        let entries = self.entries();
        // Not the last event: a machine that hangs has none.
        let column = self.start.elapsed() / COLUMNS;
        say(format_args!("\none column is {column:.1?}; `.` is starting or stopping, `#` is up"));
        for machine in 0..self.machines {
            let bar: String = (0..COLUMNS).map(|i| mark_at(&entries, machine, column * i + column / 2)).collect();
            say(format_args!("machine {machine:<2}  {}", bar.trim_end()));
        }
    }
}

/// What the machine's latest event by that time left it at.
fn mark_at(entries: &[Entry], machine: usize, time: Duration) -> char {
    let latest = entries.iter().rfind(|entry| entry.machine == machine && entry.at <= time);
    latest.map_or(' ', |entry| entry.event.mark())
}

fn say(line: fmt::Arguments<'_>) {
    // Nobody may be listening any more, and the machines have to be stopped all the same: `println!` would panic.
    let _ = writeln!(io::stdout(), "{line}");
}
