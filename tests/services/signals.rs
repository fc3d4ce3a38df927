//! The example under real signals, in each phase; each step waits for what is printed.
//!
//! Where a phase has to last until the signal comes, a process that it waits for is suspended.

use crate::left::Place;
use crate::running::{LIMIT, Run, Running, command, pid_in};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use redis::{AsyncCommands, Client, ConnectionAddr};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::time::Instant;

const STOPPED: &str = "services: interrupted, and everything was stopped";

const START_HUNG: &str = "services: interrupted twice; \
                          could not enter [0, 0] Postgres: its enter was cut: the scope was abandoned; \
                          could not exit [0, 1] Redis: the scope was abandoned before its exit began";
const EXIT_HUNG: &str = "services: interrupted twice; \
                         could not exit [1, 0] audit: its exit was cut: the scope was abandoned; \
                         could not exit [0, 1] Redis: the scope was abandoned before its exit began; \
                         could not exit [0, 0] Postgres: the scope was abandoned before its exit began";
const SERVER_HUNG: &str = "services: interrupted twice; \
                           could not exit [0, 0] Postgres: its exit was cut: the scope was abandoned";

/// The last thing that a body prints which goes on.
const AT_WORK: &str = "orders that others see";

#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn in_the_body_all_is_rolled_back_and_stopped() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let mut services = Services::start(&["--hold"]);
        services.read_until(AT_WORK);
        services.interrupt(signal);
        let run = services.finish().expect_all_ended().expect_end(code, STOPPED);
        assert_eq!(run.count("rolled back, outcome Cancelled"), 1, "{run:?}");
        assert_eq!((run.count("outcome Cancelled"), run.count("orders in the end: 0")), (4, 1), "{run:?}");
        assert!(run.first("scope: cancelled") < run.first("rolled back"), "{run:?}");
    }
}

#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn while_servers_start_they_settle_and_are_stopped() {
    let run = again_until(
        |run| run.count("both ready") == 0,
        || {
            let mut services = Services::start(&["--hold"]);
            // A signal to the group would reach a server that is not yet in its own.
            services.read_until("redis: started");
            services.interrupt(Signal::SIGINT);
            services.finish()
        },
    );
    let run = run.expect_all_ended().expect_end(130, STOPPED);
    assert_eq!((run.count("ready in"), run.count("outcome Cancelled"), run.count("lease")), (2, 2, 0), "{run:?}");
}

#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn a_second_one_ends_a_start_that_hangs() {
    let run = again_until(
        |run| run.stderr.contains("twice") && run.count("told to stop") == 0,
        || {
            let mut services = Services::start(&["--hold"]);
            let initdb = services.pid_of("initdb started");
            services.read_until("redis: ready");
            // It may have ended by now.
            let _ = killpg(initdb, Signal::SIGSTOP);
            services.interrupt(Signal::SIGINT);
            services.read_until("scope: cancelled");
            services.interrupt(Signal::SIGTERM);
            services.finish()
        },
    );
    let run = run.expect_end(130, START_HUNG);
    assert_eq!((run.count("redis: killed"), run.count("lease")), (1, 0), "{run:?}");
}

#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn a_second_one_ends_an_exit_that_hangs() {
    // The orders are counted over a new connection, for which this one is needed.
    let mut services = Services::start(&["--hold"]);
    let postgres = services.pid_of("postgres: started");
    services.read_until(AT_WORK);
    kill(postgres, Signal::SIGSTOP).expect("it is there");
    services.interrupt(Signal::SIGINT);
    services.read_until("lease: released");
    services.interrupt(Signal::SIGINT);
    let run = services.finish().expect_all_ended().expect_end(130, EXIT_HUNG);
    assert_eq!((run.count("rolled back, outcome Cancelled"), run.count(" killed")), (1, 2), "{run:?}");
    assert!(run.first("interrupted again") < run.first(" killed"), "{run:?}");
}

#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn a_second_one_ends_a_server_that_does_not_stop() {
    // The server does not end before this child of its has.
    let mut services = Services::start(&["--hold"]);
    let postgres = services.pid_of("postgres: started");
    services.read_until(AT_WORK);
    kill(child(postgres, "postgres: checkpointer"), Signal::SIGSTOP).expect("it is there");
    services.interrupt(Signal::SIGTERM);
    services.read_until("postgres: told to stop");
    services.read_until("redis: ended");
    services.interrupt(Signal::SIGINT);
    let run = services.finish().expect_end(143, SERVER_HUNG);
    assert_eq!((run.count("told to stop, outcome Cancelled"), run.count("postgres: ended")), (2, 0), "{run:?}");
}

#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn a_server_that_dies_is_told_of_and_the_rest_is_stopped() {
    let mut services = Services::start(&["--hold"]);
    let redis = services.pid_of("redis: started");
    services.read_until(AT_WORK);
    kill(redis, Signal::SIGKILL).expect("it is there");
    // The lease cannot be renewed, and so the body is dropped.
    let run = services.finish();
    assert_eq!((run.status.code(), run.count("rolled back, outcome MemberFailed")), (Some(4), 1), "{run:?}");
    for told in ["[1, 2, 0] lease failed: ", "could not exit [0, 1] Redis: ended by itself, with signal: 9 (SIGKILL)"] {
        assert!(run.stderr.contains(told), "{run:?}");
    }

    let mut services = Services::start(&["--hold"]);
    let postgres = services.pid_of("postgres: started");
    services.read_until(AT_WORK);
    kill(postgres, Signal::SIGQUIT).expect("it is there");
    wait_for_end(postgres);
    services.interrupt(Signal::SIGINT);
    let run = services.finish();
    assert_eq!((run.status.code(), run.count("lease: released, outcome Cancelled")), (Some(130), 1), "{run:?}");
    for told in ["Transaction: ", "[1, 0] audit: ", "[0, 0] Postgres: ended by itself, with exit status: 0"] {
        assert!(run.stderr.contains(told), "{run:?}");
    }
}

/// The key is deleted, or another takes it over.
#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn a_lease_that_is_lost_rolls_back_and_is_named() -> anyhow::Result<()> {
    for thief in [None, Some("thief")] {
        let mut services = Services::start(&["--hold"]);
        services.read_until(AT_WORK);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut connection = services.redis().get_multiplexed_async_connection().await?;
            match thief {
                None => connection.del::<_, ()>("orders").await,
                Some(thief) => connection.set("orders", thief).await,
            }
        })?;
        let lost = "services: [1, 2, 0] lease failed: orders has run out, and may be another's";
        let run = services.finish().expect_all_ended().expect_end(4, lost);
        assert_eq!(run.count("rolled back, outcome MemberFailed"), 1, "{run:?}");
        assert_eq!((run.count("outcome MemberFailed"), run.count("orders in the end: 0")), (3, 1), "{run:?}");
    }
    Ok(())
}

/// No code of ours survives this: the kernel ends the servers, and their files are left.
#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn when_the_example_is_killed_no_process_is_left() {
    for event in ["initdb started", "postgres: started", AT_WORK] {
        let mut services = Services::start(&["--hold"]);
        services.read_until(event);
        services.running.child.kill().expect("it is there");
        let Services { place, running } = services;
        let run = running.finish();
        assert_eq!((run.status.signal(), run.stderr.as_str()), (Some(9), ""), "{run:?}");
        place.wait_for_processes(&run.stdout);
    }
}

/// The example, and all that it has.
struct Services {
    // If a test fails, the example is killed before its place is removed.
    running: Running,
    place: Place,
}

impl Services {
    fn start(args: &[&str]) -> Self {
        let place = Place::new();
        let example = command("services").args(args).env("TMPDIR", place.path()).spawn().expect("it starts");
        Self { running: Running::watch(example), place }
    }

    /// Finds the socket of its Redis, which is in a directory of the server's own.
    fn redis(&self) -> Client {
        let homes = fs::read_dir(self.place.path()).expect("it is there");
        let mut sockets = homes.map(|home| home.expect("it can be read").path().join("socket"));
        let socket = sockets.find(|socket| socket.exists()).expect("it is up");
        Client::open(ConnectionAddr::Unix(socket)).expect("it is an address")
    }

    fn read_until(&mut self, event: &str) {
        self.running.read_until(event, 1);
    }

    /// Waits until a process has started.
    fn pid_of(&mut self, start: &str) -> Pid {
        self.read_until(start);
        let pid = self.running.lines_with(start).find_map(pid_in).expect("a start has a pid");
        Pid::from_raw(pid.try_into().expect("it is small"))
    }

    /// Sends a signal: SIGINT to the whole process group, as a terminal does, and others to the example alone.
    fn interrupt(&self, signal: Signal) {
        let example = Pid::from_raw(self.running.child.id().try_into().expect("it is small"));
        let sent = if signal == Signal::SIGINT { killpg(example, signal) } else { kill(example, signal) };
        sent.expect("it is there");
    }

    /// Waits until it has ended, and nothing is left.
    fn finish(self) -> Run {
        let run = self.running.finish();
        self.place.expect_empty(&run.stdout);
        run
    }
}

/// Tries again if the signal came too late for what is tested.
fn again_until(in_time: impl Fn(&Run) -> bool, mut run: impl FnMut() -> Run) -> Run {
    std::iter::repeat_with(&mut run).take(10).find(in_time).expect("one of ten is in time")
}

/// Finds a process's child by what it calls itself.
fn child(parent: Pid, title: &str) -> Pid {
    let processes = fs::read_dir("/proc").expect("it is there").flatten();
    let pids = processes.filter_map(|process| process.file_name().to_str().and_then(|name| name.parse().ok()));
    let mut children = pids.filter(|pid| stat(Pid::from_raw(*pid)).nth(1).is_some_and(|of| of == parent.to_string()));
    let is_called_so =
        |pid: &i32| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with(title.as_bytes()));
    Pid::from_raw(children.find(is_called_so).expect("it is there"))
}

/// Waits until a process has ended, though nobody has waited for it.
fn wait_for_end(pid: Pid) {
    let end = Instant::now() + LIMIT;
    while stat(pid).next().is_some_and(|state| state != "Z") {
        assert!(Instant::now() < end, "it goes on");
        std::thread::yield_now();
    }
}

/// What Linux has to say of a process: its state, its parent, and more.
fn stat(pid: Pid) -> impl Iterator<Item = String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name before it, in parentheses, may have spaces.
    let fields = stat.rsplit_once(") ").map(|(_, fields)| fields.to_owned()).unwrap_or_default();
    fields.split_whitespace().map(str::to_owned).collect::<Vec<_>>().into_iter()
}
