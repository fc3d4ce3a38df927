//! A child process that is stopped by a signal, and never left behind.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, id};
use std::thread;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// What its last resort does not end within this time is killed. Postgres gives its own children half of it.
const LAST_LIMIT: Duration = Duration::from_secs(10);

/// The last resort is sent again after this time. A program that has just been started may have ignored it: those that
/// a shell runs in the background ignore some signals until they say otherwise.
const TICK: Duration = Duration::from_millis(5);

/// How long to wait for children that it left. The system collects what remains of them, in its own time.
const ORPHAN_LIMIT: Duration = Duration::from_millis(500);

/// A child process, with its own children.
pub(crate) struct Process {
    child: Child,
    /// The signal on which it ends at once, and has its own children ended.
    last_resort: Signal,
}

impl Process {
    /// Begins a command for [`spawn`](Self::spawn).
    ///
    /// Linux sends the program SIGTERM when this one is killed, which no code of ours survives: then only files are
    /// left. It goes by the thread that spawns, so that has to be one that stays, as a runtime's own threads do.
    #[cfg(target_os = "linux")]
    pub(crate) fn command(program: &Path) -> Command {
        // Who is not our child any more at this point missed the signal.
        let run = r#"[ "$PPID" = "$0" ] && exec "$@""#;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "--", "sh", "-c", run, &id().to_string()]).arg(program);
        command
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn command(program: &Path) -> Command {
        Command::new(program)
    }

    pub(crate) fn spawn(mut command: Command, last_resort: Signal) -> io::Result<Self> {
        // A terminal sends Ctrl-C to a whole process group: so it is the scope that ends the process, not the terminal.
        let child = command.process_group(0).kill_on_drop(true).spawn()?;
        Ok(Self { child, last_resort })
    }

    /// Gives its id, or 0 when it has ended.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Waits until it ends by itself.
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Asks it to stop by this signal, and waits until it has ended. What takes longer than the limit is killed. One
    /// that has ended before is an error.
    pub(crate) async fn stop(&mut self, signal: Signal, limit: Duration) -> io::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            return Err(io::Error::other(format!("ended by itself, with {status}")));
        }
        self.send(signal)?;
        match timeout(limit, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(status) => Err(io::Error::other(format!("ended with {}", status?))),
            Err(_) => {
                self.kill().await?;
                Err(io::Error::new(io::ErrorKind::TimedOut, format!("did not stop within {limit:?}, and was killed")))
            }
        }
    }

    /// Ends it at once, and waits for that.
    pub(crate) async fn kill(&mut self) -> io::Result<()> {
        let ended = async {
            loop {
                self.send(self.last_resort)?;
                if let Ok(status) = timeout(TICK, self.child.wait()).await {
                    return status.map(drop);
                }
            }
        };
        match timeout(LAST_LIMIT, ended).await {
            Ok(ended) => ended,
            Err(_) => self.child.kill().await,
        }
    }

    /// The group of it and of its children, until it has been waited for.
    fn group(&self) -> Option<Pid> {
        self.child.id().and_then(|pid| pid.try_into().ok()).map(Pid::from_raw)
    }

    /// Sends a signal to it alone, so that its children end in order, or SIGKILL to all of its group.
    fn send(&self, signal: Signal) -> io::Result<()> {
        let Some(group) = self.group() else { return Ok(()) };
        let sent = if signal == Signal::SIGKILL { killpg(group, signal) } else { kill(group, signal) };
        // Those that are suspended hear of the first when they get the second.
        match sent.and_then(|()| killpg(group, Signal::SIGCONT)) {
            // It has ended by itself.
            Err(Errno::ESRCH) => Ok(()),
            sent => Ok(sent?),
        }
    }

    fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

/// The last resort, where nothing can be awaited. It blocks until the process has ended, as the removal of its files
/// has to wait for that: some hundredths of a second, as a rule.
impl Drop for Process {
    fn drop(&mut self) {
        let Some(group) = self.group() else { return };
        for signal in [self.last_resort, Signal::SIGKILL] {
            block_until(LAST_LIMIT, || !self.is_running() || self.send(signal).is_err());
        }
        block_until(ORPHAN_LIMIT, || killpg(group, None).is_err());
    }
}

fn block_until(limit: Duration, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + limit;
    while !is_so() && Instant::now() < end {
        thread::sleep(TICK);
    }
}
