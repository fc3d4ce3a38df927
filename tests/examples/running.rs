//! Runs an example as a process, and reads its output as it comes.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// What waits for a process waits this long, and no test passes by reaching it.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// An example as `cargo test` has built it, next to the folder that this test is in.
pub(crate) fn command(example: &str) -> Command {
    let test = std::env::current_exe().expect("the test has a path");
    let profile = test.ancestors().nth(2).expect("the test is in `deps`");
    let path: PathBuf = [profile, "examples".as_ref(), example.as_ref()].iter().collect();
    let path = path.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(path.exists(), "{} is missing: run `cargo build --examples`, as a whole `cargo test` does", path.display());
    let mut command = Command::new(path);
    // A group of its own, so that a signal to it does not reach the test.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.env("RUST_BACKTRACE", "0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// An example that runs, and whose output is read as it comes.
pub(crate) struct Running {
    pub(crate) child: Child,
    stdout: Option<Receiver<String>>,
    stderr: Receiver<String>,
    seen: String,
}

impl Running {
    pub(crate) fn start(example: &str, args: &[&str]) -> Self {
        Self::watch(command(example).args(args).spawn().expect("it starts"))
    }

    pub(crate) fn watch(mut child: Child) -> Self {
        let stdout = child.stdout.take().map(|stdout| {
            let lines = BufReader::new(stdout).lines();
            in_background(lines.map(|line| line.expect("stdout is text") + "\n"))
        });
        let mut stderr = child.stderr.take().expect("it is a pipe");
        let stderr = in_background(std::iter::once_with(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).expect("stderr is text");
            text
        }));
        Self { child, stdout, stderr, seen: String::new() }
    }

    /// Waits until it has printed a number of lines with this event.
    #[cfg(unix)]
    pub(crate) fn read_until(&mut self, event: &str, times: usize) {
        while self.seen.lines().filter(|line| line.contains(event)).count() < times {
            let line = self.stdout.as_ref().expect("somebody reads").recv_timeout(LIMIT);
            self.seen += &line.unwrap_or_else(|_| panic!("no `{event}`, {times} times, in {}", self.seen));
        }
    }

    /// The process of a machine whose start has been read.
    #[cfg(unix)]
    pub(crate) fn pid_of(&self, machine: usize) -> u32 {
        let line = self.seen.lines().find(|line| line.contains(&format!("machine {machine:<2}  started, pid ")));
        pid_in(line.expect("it has started")).expect("a start has a pid")
    }

    /// Waits until it has ended, and all that have inherited its output.
    pub(crate) fn finish(mut self) -> Run {
        let stderr = self.stderr.recv_timeout(LIMIT);
        let stderr = stderr.unwrap_or_else(|_| panic!("a process is left that holds stderr, after {}", self.seen));
        self.seen.extend(self.stdout.take().into_iter().flatten());
        Run { status: self.child.wait().expect("it is there"), stdout: std::mem::take(&mut self.seen), stderr }
    }
}

/// An example that a failed test leaves would go on for ever, and its machines end with it.
impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, as a rule.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// Reads in a thread of its own, so that a reader can stop to wait.
fn in_background(texts: impl Iterator<Item = String> + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || texts.for_each(|text| drop(sender.send(text))));
    receiver
}

/// What an example did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn expect_end(self, code: i32, stderr: &str) -> Self {
        assert_eq!(self.status.code(), Some(code), "{self:?}");
        assert_eq!(self.stderr.trim_end_matches('\n'), stderr, "{self:?}");
        assert!(self.stderr.lines().count() <= 1, "{self:?}");
        self
    }

    fn positions(&self, text: &str) -> Vec<usize> {
        self.stdout.lines().enumerate().filter(|(_, line)| line.contains(text)).map(|(i, _)| i).collect()
    }

    pub(crate) fn count(&self, text: &str) -> usize {
        self.positions(text).len()
    }

    pub(crate) fn first(&self, text: &str) -> usize {
        *self.positions(text).first().unwrap_or_else(|| panic!("no `{text}` in {self:?}"))
    }

    pub(crate) fn last(&self, text: &str) -> usize {
        *self.positions(text).last().unwrap_or_else(|| panic!("no `{text}` in {self:?}"))
    }

    /// Checks that every machine has ended while its parent was there, and that all of it is told.
    pub(crate) fn expect_all_stopped(self) -> Self {
        let started = self.count("started, pid ");
        assert!(started > 0, "{self:?}");
        assert_eq!(self.count(" ended") + self.count("killed"), started, "each machine ends once: {self:?}");
        #[cfg(target_os = "linux")]
        for pid in self.pids() {
            // Not even a zombie: the parent waited for all of them.
            assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "machine {pid} is left: {self:?}");
        }
        self.expect_chart()
    }

    pub(crate) fn expect_chart(self) -> Self {
        let charted = self.stdout.lines().filter(|line| line.starts_with('[') && line.contains("] Vm "));
        let started = self.count("started, pid ");
        assert_eq!(charted.count(), started, "the chart has a row for each machine: {self:?}");
        self
    }

    /// Waits until every machine is gone, or is a zombie that no one has collected since its parent ended.
    #[cfg(unix)]
    pub(crate) fn expect_no_orphan(self) -> Self {
        #[cfg(target_os = "linux")]
        for pid in self.pids() {
            let end = std::time::Instant::now() + LIMIT;
            // After the name, which stands in parentheses, comes the state.
            while std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
                assert!(std::time::Instant::now() < end, "machine {pid} is left: {self:?}");
                thread::yield_now();
            }
        }
        self
    }

    #[cfg(target_os = "linux")]
    fn pids(&self) -> impl Iterator<Item = u32> {
        self.stdout.lines().filter_map(pid_in)
    }
}

#[cfg(unix)]
fn pid_in(line: &str) -> Option<u32> {
    line.split_once("started, pid ").map(|(_, pid)| pid.parse().expect("a pid is a number"))
}
