//! How a program is asked to end, by a person or a supervisor: SIGINT, which is Ctrl-C, and SIGTERM.

use std::fmt;
use std::io;
#[cfg(unix)]
use tokio::signal::unix::{Signal as Listener, SignalKind, signal};
#[cfg(not(unix))]
use tokio::signal::windows::{CtrlC as Listener, ctrl_c};
use withal::{ScopeError, ScopeErrorKind};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Signal {
    Int,
    #[cfg(unix)]
    Term,
}

impl Signal {
    /// What shells say of a program that this signal has ended: 128 and the signal's number.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Int => 130,
            #[cfg(unix)]
            Self::Term => 143,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Int => "SIGINT",
            #[cfg(unix)]
            Self::Term => "SIGTERM",
        })
    }
}

/// The signals as they come. Once this is there, they end the process no more.
pub(crate) struct Signals {
    int: Listener,
    #[cfg(unix)]
    term: Listener,
}

impl Signals {
    #[cfg(unix)]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { int: signal(SignalKind::interrupt())?, term: signal(SignalKind::terminate())? })
    }

    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.int.recv() => Signal::Int,
            _ = self.term.recv() => Signal::Term,
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { int: ctrl_c()? })
    }

    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> Signal {
        self.int.recv().await;
        Signal::Int
    }
}

/// The error of a run that signals have ended, whatever else went wrong.
#[derive(Debug, thiserror::Error)]
#[error("interrupted{times}{rest}")]
pub(crate) struct Interrupted {
    /// The first of them.
    pub(crate) by: Signal,
    times: &'static str,
    rest: String,
}

impl Interrupted {
    /// The scope has this result, which names all that hung when the second signal came. What was done is told if
    /// nothing went wrong.
    pub(crate) fn new(by: Signal, twice: bool, result: anyhow::Result<()>, done: &str) -> Self {
        let told = result.err().and_then(|error| match error.downcast_ref::<ScopeError>() {
            // That it was cancelled is what `interrupted` says.
            Some(scope) if scope.kind() == ScopeErrorKind::Cancelled => {
                (!scope.failures().is_empty()).then(|| scope.failures().to_string())
            }
            // It was about to end anyway, and not well.
            _ => Some(error.to_string()),
        });
        let rest = match told {
            Some(told) => format!("; {told}"),
            None => format!(", and {done}"),
        };
        Self { by, times: if twice { " twice" } else { "" }, rest }
    }
}
