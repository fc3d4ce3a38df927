//! `vms` under real signals, in each phase, one step after the other: each step waits for what is printed.
//!
//! Where a phase has to last until the signal comes, a machine is stuck in it, for longer than any test takes.

use crate::running::{Run, Running};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

const INT: (&str, i32) = ("INT", 130);
const TERM: (&str, i32) = ("TERM", 143);

const STUCK_IN_BOOT: &[&str] = &["--machines", "4", "--hold", "--stuck", "1"];
const IN_BODY: &[&str] = &["--machines", "4", "--hold"];
const STUCK_IN_EXIT: &[&str] = &["--machines", "4", "--hang", "1", "--stop-limit", "600"];

const CANCELLED: &str = "the scope is cancelled";
const STOPPED: &str = "vms: interrupted, and every machine was stopped";
const HUNG: &str = "vms: interrupted twice; could not exit [1] Vm: its exit was cut: the scope was abandoned";
const HUNG_IN_BOOT: &str = "vms: interrupted twice; could not enter [1] Vm: its enter was cut: the scope was abandoned; \
                            could not exit [3] Vm: the scope was abandoned before its exit began; \
                            could not exit [2] Vm: the scope was abandoned before its exit began; \
                            could not exit [0] Vm: the scope was abandoned before its exit began";

#[test]
fn in_the_body_all_are_stopped() {
    for (signal, code) in [INT, TERM] {
        let mut vms = Running::start("vms", IN_BODY);
        vms.read_until("answered", 4);
        interrupt(&vms, signal);
        let run = vms.finish().expect_all_stopped().expect_end(code, STOPPED);
        assert_eq!((run.count("told to stop, outcome Cancelled"), run.count(" ended")), (4, 4), "{run:?}");
        let [caught, cancelled] = [&format!("interrupted by SIG{signal}"), CANCELLED].map(|event| run.last(event));
        assert!(run.last("answered") < caught && caught < cancelled, "{run:?}");
        assert!(cancelled < run.first("told to stop"), "{run:?}");
    }
}

#[test]
fn in_a_boot_all_get_ready_and_are_stopped() {
    for (signal, code) in [INT, TERM] {
        let in_time = |run: &Run| run.last(CANCELLED) < run.first("ready");
        let run = interrupt_early(IN_BODY, ("started, pid ", 4), signal, in_time).expect_end(code, STOPPED);
        assert_eq!((run.count("ready"), run.count("answered")), (4, 0), "{run:?}");
        assert_eq!((run.count("told to stop, outcome Cancelled"), run.count(" ended")), (4, 4), "{run:?}");
        assert!(run.last("ready") < run.first("told to stop"), "{run:?}");
    }
}

#[test]
fn in_a_boot_that_fails_afterwards_the_failure_is_told() {
    for (signal, code) in [INT, TERM] {
        let mut vms = Running::start("vms", STUCK_IN_BOOT);
        vms.read_until("ready", 3);
        interrupt(&vms, signal);
        // What fails in the moment before, when the signal was caught only, would have ended the scope itself.
        vms.read_until(CANCELLED, 1);
        kill("KILL", &vms.pid_of(1).to_string());
        let failed = "vms: interrupted; could not enter [1] Vm: ended before it listened";
        let run = vms.finish().expect_all_stopped().expect_end(code, failed);
        assert_eq!((run.count("told to stop, outcome Cancelled"), run.count("answered")), (3, 0), "{run:?}");
        assert!(run.first("failed to boot") < run.first("told to stop"), "{run:?}");
    }
}

#[test]
fn while_machines_stop_nothing_changes() {
    for (signal, code) in [INT, TERM] {
        let in_time = |run: &Run| run.count("interrupted by") == 1;
        let run = interrupt_early(&["--machines", "4"], ("told to stop", 4), signal, in_time).expect_end(code, STOPPED);
        assert_eq!((run.count("told to stop, outcome Completed"), run.count(" ended")), (4, 4), "{run:?}");

        let mut vms = Running::start("vms", STUCK_IN_EXIT);
        vms.read_until("told to stop", 4);
        interrupt(&vms, signal);
        vms.read_until("interrupted by", 1);
        kill("KILL", &vms.pid_of(1).to_string());
        let failed = "vms: interrupted; could not exit [1] Vm: ended with signal: 9 (SIGKILL)";
        let run = vms.finish().expect_all_stopped().expect_end(code, failed);
        assert_eq!(run.count(CANCELLED), 0, "{run:?}");
        assert_eq!((run.count("told to stop, outcome Completed"), run.count(" ended")), (4, 3), "{run:?}");
    }
}

#[test]
fn what_went_wrong_before_is_told() {
    let fail = ["--machines", "4", "--hang", "1", "--stop-limit", "2"];
    let hung = "could not exit [1] Vm: did not stop within 2s, and was killed";
    for (more, outcome, told) in [
        (["--fail", "3"], "EnterFailed", format!("could not enter [3] Vm: refused to boot: no boot disk; {hung}")),
        (["--body-error", "--hold"], "Failed", format!("the body failed, as it was asked to; {hung}")),
    ] {
        let args = [&fail[..], &more].concat();
        let in_time = |run: &Run| run.count("interrupted by") == 1;
        let run = interrupt_early(&args, ("told to stop", 1), "TERM", in_time);
        let run = run.expect_end(143, &format!("vms: interrupted; {told}"));
        assert_eq!(run.count(&format!("outcome {outcome}")), run.count("told to stop"), "{run:?}");
    }
}

#[test]
fn a_second_signal_kills_all_that_have_not_stopped_and_names_them() {
    for ((first, code), (second, _)) in [(INT, INT), (INT, TERM), (TERM, INT), (TERM, TERM)] {
        let in_boot = interrupt_twice(STUCK_IN_BOOT, ("ready", 3), first, ("interrupted by", 1), second);
        let run = in_boot.expect_end(code, HUNG_IN_BOOT);
        assert_eq!((run.count(" killed"), run.count("told to stop")), (3, 0), "{run:?}");
        assert!(run.first("interrupted again") < run.first(" killed"), "{run:?}");

        let from_body = [STUCK_IN_EXIT, &["--hold"]].concat();
        for (args, event, outcome) in [(&*from_body, "answered", "Cancelled"), (STUCK_IN_EXIT, "told", "Completed")] {
            let in_exit = interrupt_twice(args, (event, 4), first, (" ended", 3), second);
            let run = in_exit.expect_end(code, HUNG);
            assert_eq!(run.count(&format!("told to stop, outcome {outcome}")), 4, "{run:?}");
            assert_eq!((run.count(" ended"), run.count(" killed")), (3, 0), "{run:?}");
            assert!(run.last(" ended") < run.first("interrupted again"), "{run:?}");
        }
    }
}

#[test]
fn a_panic_wins_over_signals() {
    let args = [STUCK_IN_EXIT, &["--panic"]].concat();
    let run = interrupt_twice(&args, ("told to stop", 4), "INT", (" ended", 3), "INT");
    assert_eq!(run.status.code(), Some(101), "{run:?}");
    assert!(run.stderr.contains("the body panicked, as it was asked to"), "{run:?}");
}

#[test]
fn a_parent_that_is_killed_leaves_no_machine() {
    for event in ["started", "ready", "answered", "told to stop"] {
        let mut vms = Running::start("vms", STUCK_IN_EXIT);
        vms.read_until(event, 1);
        vms.child.kill().expect("it is there");
        let run = vms.finish().expect_no_orphan();
        assert_eq!(run.status.signal(), Some(9), "{run:?}");
        assert_eq!(run.stderr, "", "a machine has nothing to say about it: {run:?}");
    }
}

/// Sends a signal when an event has come as many times. Should it be too late for what is tested, it is tried again.
fn interrupt_early(args: &[&str], at: (&str, usize), signal: &str, in_time: impl Fn(&Run) -> bool) -> Run {
    for _ in 0..10 {
        let mut vms = Running::start("vms", args);
        vms.read_until(at.0, at.1);
        interrupt(&vms, signal);
        let run = vms.finish().expect_all_stopped();
        if in_time(&run) {
            return run;
        }
    }
    panic!("after `{}` was too late every time", at.0);
}

/// Sends one signal when an event has come as many times, and another one after another event.
fn interrupt_twice(args: &[&str], at: (&str, usize), first: &str, then: (&str, usize), second: &str) -> Run {
    let mut vms = Running::start("vms", args);
    vms.read_until(at.0, at.1);
    interrupt(&vms, first);
    vms.read_until("interrupted by", 1);
    vms.read_until(then.0, then.1);
    interrupt(&vms, second);
    vms.finish().expect_no_orphan().expect_chart()
}

/// Sends a signal to `vms`: SIGINT to its whole process group, as a terminal does, and others to it alone.
fn interrupt(vms: &Running, signal: &str) {
    let pid = vms.child.id();
    kill(signal, &if signal == "INT" { format!("-{pid}") } else { pid.to_string() });
}

pub(crate) fn kill(signal: &str, target: &str) {
    let kill = Command::new("sh").args(["-c", "kill -s $0 -- $1", signal, target]).status();
    assert!(kill.expect("sh starts").success());
}
