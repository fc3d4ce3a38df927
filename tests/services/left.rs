//! What is left of servers: files, processes, shared memory.

use crate::running::{LIMIT, Run};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;
use tempfile::TempDir;

/// A directory for all that the servers of a test write, and live in.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let directory = TempDir::new().expect("there is room");
        // Whoever runs a server must be able to get to its home in here.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o711)).expect("it is ours");
        Self(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Checks that no server is left, whose output this was.
    pub(crate) fn expect_empty(&self, output: &str) {
        assert_eq!(self.files(), Vec::<PathBuf>::new(), "left of {output}");
        for pid in pids(output) {
            // Not even a zombie: it has been waited for.
            assert!(!Path::new(&format!("/proc/{pid}")).exists(), "process {pid} is left of {output}");
        }
        self.wait_for_processes(output);
    }

    /// Waits until no process is left: those that nobody waits for may take a moment to end. Files may be left.
    pub(crate) fn wait_for_processes(&self, output: &str) {
        let end = Instant::now() + LIMIT;
        while !self.processes().is_empty() || pids(output).any(has_shared_memory) {
            assert!(Instant::now() < end, "{:?} are left of {output}", self.processes());
            thread::yield_now();
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.path()).expect("it is there");
        files.map(|file| file.expect("it can be read").path()).collect()
    }

    /// Finds the processes that live in here, and names each by where: a server does, and so do its children.
    fn processes(&self) -> Vec<PathBuf> {
        let processes = fs::read_dir("/proc").expect("it is there").flatten();
        // Those of others cannot be read, and zombies are nowhere.
        let homes = processes.filter_map(|process| fs::read_link(process.path().join("cwd")).ok());
        homes.filter(|home| home.starts_with(self.path())).collect()
    }
}

/// The processes that the output tells of.
fn pids(output: &str) -> impl Iterator<Item = u32> {
    output
        .lines()
        .filter_map(|line| line.split_once("started, pid "))
        .map(|(_, pid)| pid.parse().expect("it is a number"))
}

fn has_shared_memory(creator: u32) -> bool {
    let segments = fs::read_to_string("/proc/sysvipc/shm").expect("it is there");
    segments.lines().any(|segment| segment.split_whitespace().nth(4) == Some(&creator.to_string()))
}

impl Run {
    /// Checks that each server was heard of from its start to its end.
    pub(crate) fn expect_all_ended(self) -> Self {
        assert_eq!(self.count("initdb started") + self.count("redis: started"), 2, "{self:?}");
        for server in ["postgres: ", "redis: "] {
            let ends = self.count(&format!("{server}ended")) + self.count(&format!("{server}killed"));
            assert_eq!((self.count(&format!("{server}ready")), ends), (1, 1), "{server}: {self:?}");
        }
        self
    }
}
