//! The directory that a server lives in: all that it writes is there, and is gone when the directory is.

use super::process::Process;
use nix::sys::signal::Signal;
use nix::unistd::User;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

const LOG: &str = "log";

/// A temporary directory, which is removed when this is dropped. What runs in it has to end before.
pub(crate) struct Home {
    directory: TempDir,
    user: Option<User>,
}

impl Home {
    /// Makes a directory that only this user can look into, or only we, if there is none.
    pub(crate) fn create(parent: &Path, user: Option<&User>) -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("withal-").tempdir_in(parent)?;
        if let Some(user) = user {
            chown(directory.path(), Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        }
        Ok(Self { directory, user: user.cloned() })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs a program in this directory, as its user. What it prints takes the place of the log.
    pub(crate) fn run<A: Into<OsString>>(
        &self,
        program: &Path,
        last_resort: Signal,
        args: impl IntoIterator<Item = A>,
    ) -> io::Result<Process> {
        let log = File::create(self.path().join(LOG))?;
        let mut command = Process::command(program);
        command.args(args.into_iter().map(Into::into)).current_dir(self.path());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        if let Some(user) = &self.user {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        let place = self.path().display();
        let cannot = |error: io::Error| format!("cannot run {} in {place}: {error}", program.display());
        Process::spawn(command, last_resort).map_err(|error| io::Error::new(error.kind(), cannot(error)))
    }

    /// Adds to an error what was printed last.
    pub(crate) fn explain(&self, error: &io::Error) -> io::Error {
        let log = fs::read_to_string(self.path().join(LOG)).unwrap_or_default();
        let last = log.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it printed nothing");
        io::Error::new(error.kind(), format!("{error}: {}", last.trim()))
    }

    /// Removes it, which takes a while, and so goes on elsewhere. If this is dropped, it goes on all the same.
    pub(crate) async fn remove(self) -> io::Result<()> {
        spawn_blocking(|| self.directory.close()).await?
    }
}
