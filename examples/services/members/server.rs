//! A server in a home of its own.

use super::home::Home;
use super::process::Process;
use nix::sys::signal::Signal;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Longer than any start takes, also where many start on a busy computer.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A server that takes longer to stop is killed.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A process and its home. A dropped one is ended by its last resort, and waited for.
pub(crate) struct Server {
    // They are dropped in this order: the process has ended when its files are removed.
    process: Process,
    home: Home,
}

impl Server {
    pub(crate) fn start<A: Into<OsString>>(
        home: Home,
        program: &Path,
        last_resort: Signal,
        args: impl IntoIterator<Item = A>,
    ) -> io::Result<Self> {
        Ok(Self { process: home.run(program, last_resort, args)?, home })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Tries to connect until that succeeds, or until it is clear that it never will.
    pub(crate) async fn connect<C, E, F>(&mut self, try_once: impl Fn() -> F + Send) -> io::Result<C>
    where
        F: Future<Output = Result<C, E>> + Send,
    {
        let connected = async {
            loop {
                if let Ok(connection) = try_once().await {
                    return Ok(connection);
                }
                tokio::select! {
                    status = self.process.wait() => return Err(io::Error::other(format!("ended with {}", status?))),
                    () = sleep(Duration::from_millis(5)) => {}
                }
            }
        };
        let late = |_| Err(io::Error::new(io::ErrorKind::TimedOut, format!("did not start within {START_LIMIT:?}")));
        let connected = timeout(START_LIMIT, connected).await.unwrap_or_else(late);
        connected.map_err(|error| self.home.explain(&error))
    }

    /// Asks it to stop by this signal, waits until it has, and removes its home.
    pub(crate) async fn stop(mut self, signal: Signal) -> io::Result<()> {
        let stopped = self.process.stop(signal, STOP_LIMIT).await;
        let removed = self.home.remove().await;
        stopped.and(removed)
    }

    /// Ends it at once, waits for that, and removes its home.
    pub(crate) async fn kill(mut self) -> io::Result<()> {
        let killed = self.process.kill().await;
        let removed = self.home.remove().await;
        killed.and(removed)
    }
}
