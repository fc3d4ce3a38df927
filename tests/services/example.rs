//! The example as a process, on every option that it has.

use crate::left::Place;
use crate::running::{Run, Running, command};
use std::process::Command;

#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn servers_start_and_stop_together() {
    let run = services(&[]).expect_end(0, "");
    assert!(run.first("redis: started") < run.first("postgres: ready"), "{run:?}");
    assert!(run.first("initdb started") < run.first("redis: ready"), "{run:?}");
    let stops = [run.first("redis: told to stop"), run.first("postgres: told to stop")];
    assert!(stops[0].max(stops[1]) < run.first("redis: ended").min(run.first("postgres: ended")), "{run:?}");
    expect_in_order(
        &run,
        &[
            "both ready",
            "lease: taken",
            "transaction: begun",
            "order written",
            "orders that others see: 0; who holds the lease: Some(1)",
            "transaction: committed, outcome Completed",
            "lease: released, outcome Completed",
            "orders in the end: 1",
            "told to stop, outcome Completed",
            "scope: over",
        ],
    );
}

#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn servers_start_and_stop_one_after_the_other() {
    let run = services(&["--one-after-the-other"]).expect_end(0, "");
    expect_in_order(
        &run,
        &[
            "initdb started",
            "postgres: ready",
            "redis: started",
            "redis: ready",
            "committed",
            "redis: told to stop",
            "redis: ended",
            "postgres: told to stop",
            "postgres: ended",
        ],
    );
}

#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn a_body_error_rolls_back() {
    // The last one counts.
    let run = services(&["--panic", "--body-error"]);
    let run = run.expect_end(1, "services: the body failed, as it was asked to");
    expect_rolled_back(&run, "Failed");
}

#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn a_panic_rolls_back() {
    let run = services(&["--body-error", "--panic"]);
    assert_eq!(run.status.code(), Some(101), "{run:?}");
    assert!(run.stderr.contains("the body panicked, as it was asked to"), "{run:?}");
    expect_rolled_back(&run, "Panicked");
}

#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn a_lease_that_is_taken_takes_everything_down() {
    for args in [&["--lease-taken"][..], &["--lease-taken", "--one-after-the-other", "--panic"]] {
        let run = services(args).expect_end(1, "services: could not enter [1, 2, 0] lease: orders is held by another");
        assert_eq!((run.count("lease: taken"), run.count("begun"), run.count("body")), (1, 0, 0), "{run:?}");
        assert_eq!(run.count("outcome EnterFailed"), 3, "{run:?}");
        assert_eq!(run.count("lease: released, outcome EnterFailed"), 1, "{run:?}");
    }
}

#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn a_reader_that_goes_away_stops_no_exit() {
    let place = Place::new();
    let mut example = command("services").env("TMPDIR", place.path()).spawn().expect("it starts");
    drop(example.stdout.take());
    let run = Running::watch(example).finish();
    assert_eq!((run.status.code(), run.stderr.as_str()), (Some(0), ""));
    place.expect_empty(&run.stdout);
}

/// The tests of `fixture`, in a process of their own.
#[test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
fn fixtures_leave_nothing() {
    let place = Place::new();
    let mut tests = Command::new(std::env::current_exe().expect("it has a path"));
    let tests = tests.args(["--ignored", "--test-threads=6", "fixture::"]).env("TMPDIR", place.path());
    let output = tests.output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("test result: ok. 6 passed"), "{output:?}");
    place.expect_empty(&told);
}

#[test]
fn without_servers_one_line_says_how_to_install_them() {
    let nothing = Place::new();
    let missing = |found: &[&str]| {
        let programs = Place::new();
        for program in found {
            std::fs::write(programs.path().join(program), "").expect("there is room");
        }
        let example = command("services").env("SERVICES_PATH", programs.path()).env("TMPDIR", nothing.path()).spawn();
        let run = Running::watch(example.expect("it starts")).finish();
        assert_eq!((run.status.code(), run.stdout.as_str()), (Some(3), ""), "{run:?}");
        nothing.expect_empty(&run.stdout);
        let told = run.stderr.strip_prefix("services: no ").expect("it says what it misses").to_owned();
        told.strip_suffix(" found: run `apt-get install postgresql redis-server`\n")
            .expect("and how to get it")
            .to_owned()
    };
    // Where the user that the package makes is missing too, that is told as well.
    assert!(missing(&[]).starts_with("initdb with postgres, no redis-server"));
    assert!(missing(&["redis-server", "postgres"]).starts_with("initdb with postgres"));
    assert!(missing(&["initdb", "postgres"]).starts_with("redis-server"));
}

#[test]
fn help_is_no_error() {
    for args in [&["--help"][..], &["-h"], &["--panic", "--help"]] {
        let run = Running::start("services", args).finish();
        assert_eq!((run.status.code(), run.stderr.as_str()), (Some(0), ""), "{run:?}");
        for option in
            ["--body-error", "--panic", "--hold", "--lease-taken", "--one-after-the-other", "--svg FILE", "-h, --help"]
        {
            assert_eq!(run.stdout.matches(&format!("  {option}  ")).count(), 1, "{option}: {run:?}");
        }
    }
}

#[test]
fn a_wrong_command_line_is_one_line_and_starts_nothing() {
    for (args, message) in [
        (&["--bogus"][..], "invalid option '--bogus'"),
        (&["-x"], "invalid option '-x'"),
        (&["extra"], "unexpected argument \"extra\""),
        (&["--hold=1"], "unexpected argument for option '--hold': \"1\""),
    ] {
        let run = Running::start("services", args).finish();
        assert_eq!((run.status.code(), run.stdout.len()), (Some(2), 0), "{args:?}: {run:?}");
        assert_eq!(run.stderr, format!("services: {message}\n"), "{args:?}");
    }
}

/// Runs the example to its end, and checks what has to hold whatever it is told to do.
fn services(args: &[&str]) -> Run {
    let place = Place::new();
    let example = command("services").args(args).env("TMPDIR", place.path()).spawn().expect("it starts");
    let run = Running::watch(example).finish().expect_all_ended();
    place.expect_empty(&run.stdout);
    run
}

fn expect_in_order(run: &Run, events: &[&str]) {
    let positions: Vec<_> = events.iter().map(|event| run.first(event)).collect();
    assert!(positions.is_sorted(), "{events:?} are not in this order in {run:?}");
}

/// The order was written, and is not there in the end.
fn expect_rolled_back(run: &Run, outcome: &str) {
    assert_eq!((run.count("order written"), run.count("orders in the end: 0")), (1, 1), "{run:?}");
    assert_eq!(run.count(&format!("rolled back, outcome {outcome}")), 1, "{run:?}");
    assert_eq!(run.count(&format!("outcome {outcome}")), 4, "{run:?}");
}
