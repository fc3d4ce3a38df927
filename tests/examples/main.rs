//! The examples keep what they promise: run as real processes, on every option that they have.
//!
//! Machines inherit the stderr of the example. So when the test has read it to its end, no process holds it any more:
//! whatever the machines' fate was, they are gone.

#[cfg(target_os = "linux")]
mod progress;
mod quick_start;
mod running;
#[cfg(unix)]
mod server;
#[cfg(unix)]
mod signals;

use running::{Run, Running, command};

#[test]
fn gather_overlaps() {
    let run = Running::start("gather", &[]).finish();
    assert_eq!((run.status.code(), run.stderr.as_str()), (Some(0), ""));
    for (begins, ends) in [(": entering", ": entered"), (": exiting", ": exited")] {
        assert_eq!((run.count(begins), run.count(ends)), (2, 2), "{run:?}");
        assert!(run.last(begins) < run.first(ends), "{run:?}");
    }
    assert!(run.last(": entered") < run.first("body:") && run.first("body:") < run.first(": exiting"), "{run:?}");
    assert_eq!(run.count("told Completed"), 2, "{run:?}");
}

#[test]
fn vms_start_and_stop_together() {
    for machines in [1, 2, 5, 64] {
        let run = vms(&["--machines", &machines.to_string()]).expect_end(0, "");
        for event in ["started, pid ", "ready", "answered ", "told to stop, outcome Completed", "ended"] {
            assert_eq!(run.count(event), machines, "{event}: {run:?}");
        }
        assert!(run.last("started") < run.first("ready"), "{run:?}");
        assert!(run.last("ready") < run.first("answered"), "{run:?}");
        assert!(run.last("answered") < run.first("told to stop"), "{run:?}");
        assert!(run.last("told to stop") < run.first("ended"), "{run:?}");
    }
    let run = vms(&[]).expect_end(0, "");
    assert!(run.count("machine 0 ") > 0 && run.count("machine 1 ") > 0 && run.count("machine 2 ") == 0, "{run:?}");
    assert_eq!((run.count("\"sum 1 2 0\" with 3"), run.count("\"sum 1 2 1\" with 4")), (1, 1), "{run:?}");
}

#[test]
fn a_failed_boot_stops_the_others() {
    let failed = "vms: could not enter [1] Vm: refused to boot: no boot disk";
    let run = vms(&["--fail", "1"]).expect_end(1, failed);
    assert_eq!((run.count("failed to boot"), run.count("told to stop, outcome EnterFailed")), (1, 1), "{run:?}");
    assert_eq!((run.count("answered"), run.count("ended")), (0, 2), "{run:?}");

    vms(&["--fail", "1", "--body-error", "--panic"]).expect_end(1, failed);
    vms(&["--fail=1", "--hang=1"]).expect_end(1, failed);
    let run = vms(&["--fail", "1", "--fail", "0"]);
    let one_by_one: Vec<_> = run.stderr.trim_start_matches("vms: ").trim_end().split("; ").collect();
    assert_eq!((run.status.code(), one_by_one.len(), run.count("told to stop")), (Some(1), 2, 0), "{run:?}");
    for index in [0, 1] {
        assert!(
            one_by_one.contains(&&*format!("could not enter [{index}] Vm: refused to boot: no boot disk")),
            "{run:?}"
        );
    }
}

#[test]
fn a_body_error_stops_all() {
    let run = vms(&["--body-error"]).expect_end(1, "vms: the body failed, as it was asked to");
    assert_eq!((run.count("answered"), run.count("told to stop, outcome Failed")), (2, 2), "{run:?}");
}

#[test]
fn a_panic_stops_all() {
    for args in [&["--panic"][..], &["--panic", "--body-error"]] {
        let run = vms(args);
        assert_eq!(run.status.code(), Some(101), "{run:?}");
        assert!(run.stderr.contains("the body panicked, as it was asked to"), "{run:?}");
        assert_eq!((run.count("answered"), run.count("told to stop, outcome Panicked")), (2, 2), "{run:?}");
    }
    let run = vms(&["--panic", "--hang", "1", "--machines", "3"]);
    assert_eq!((run.status.code(), run.count("killed"), run.count("ended")), (Some(101), 1, 2), "{run:?}");
}

#[test]
fn a_machine_that_hangs_is_killed() {
    let hung = "could not exit [0] Vm: did not stop within 1s, and was killed";
    let run = vms(&["--hang", "0"]).expect_end(1, &format!("vms: {hung}"));
    assert_eq!((run.count("killed"), run.count("ended")), (1, 1), "{run:?}");
    assert!(run.first("ended") < run.first("killed"), "{run:?}");

    let body = "the body failed, as it was asked to";
    vms(&["--hang", "0", "--body-error"]).expect_end(1, &format!("vms: {body}; {hung}"));
    let boot = "could not enter [2] Vm: refused to boot: no boot disk";
    vms(&["--hang", "0", "--fail", "2", "--machines", "3"]).expect_end(1, &format!("vms: {boot}; {hung}"));
}

#[test]
fn a_machine_that_dies_stops_the_others() {
    let died = |index| format!("[{index}] Vm failed: ended by itself");
    let how = |index| format!("could not exit [{index}] Vm: ended with exit status: 1");
    let run = vms(&["--die", "1", "--machines", "3"]).expect_end(3, &format!("vms: {}; {}", died(1), how(1)));
    assert_eq!((run.count("told to stop, outcome MemberFailed"), run.count(" ended")), (3, 2), "{run:?}");
    assert!(run.first("machine 1   answered") < run.first("told to stop"), "{run:?}");

    // They may die together, or one of them when the other has ended the body.
    let run = vms(&["--die", "0", "--die", "1", "--machines", "3"]);
    assert_eq!(run.status.code(), Some(3), "{run:?}");
    let first = [0, 1].iter().filter(|index| run.stderr.starts_with(&format!("vms: {}; ", died(**index)))).count();
    let told = [0, 1].iter().filter(|index| run.stderr.contains(&how(**index))).count();
    assert_eq!((first, told), (1, 2), "{run:?}");
}

#[test]
fn help_is_no_error() {
    for args in [&["--help"][..], &["-h"], &["--panic", "--help"]] {
        let run = Running::start("vms", args).finish();
        assert_eq!((run.status.code(), run.stderr.as_str()), (Some(0), ""), "{run:?}");
        for option in [
            "--machines N",
            "--fail I",
            "--stuck I",
            "--die I",
            "--hang I",
            "--stop-limit S",
            "--body-error",
            "--panic",
            "--hold",
            "--progress",
            "--svg FILE",
            "-h, --help",
        ] {
            assert_eq!(run.stdout.matches(&format!(" {option}  ")).count(), 1, "{option}: {run:?}");
        }
    }
}

#[test]
fn a_wrong_command_line_is_one_line_and_starts_nothing() {
    for (args, message) in [
        (&["--bogus"][..], "invalid option '--bogus'"),
        (&["-x"], "invalid option '-x'"),
        (&["extra"], "unexpected argument \"extra\""),
        (&["--machines", "0"], "--machines 0 is out of range: 1 to 64"),
        (&["--machines", "65"], "--machines 65 is out of range: 1 to 64"),
        (&["--machines", "-1"], "--machines takes a number, which \"-1\" is not"),
        (&["--machines", "two"], "--machines takes a number, which \"two\" is not"),
        (&["--machines", "99999999999999999999"], "--machines takes a number, which \"99999999999999999999\" is not"),
        (&["--machines", "--panic"], "--machines takes a number, which \"--panic\" is not"),
        (&["--machines="], "--machines takes a number, which \"\" is not"),
        (&["--machines"], "missing argument for option '--machines'"),
        (&["--fail"], "missing argument for option '--fail'"),
        (&["--fail", "2"], "--fail 2 is out of range: 0 to 1"),
        (&["--fail", "3", "--machines", "3"], "--fail 3 is out of range: 0 to 2"),
        (&["--hang", "1", "--machines", "1"], "--hang 1 is out of range: 0 to 0"),
        (&["--hang", "x"], "--hang takes a number, which \"x\" is not"),
        (&["--die", "2"], "--die 2 is out of range: 0 to 1"),
        (&["--stuck", "2"], "--stuck 2 is out of range: 0 to 1"),
        (&["--stop-limit", "0"], "--stop-limit 0 is out of range: 1 to 600"),
        (&["--stop-limit", "601"], "--stop-limit 601 is out of range: 1 to 600"),
        (&["--stop-limit", "0.5"], "--stop-limit takes a number, which \"0.5\" is not"),
        (&["--stop-limit"], "missing argument for option '--stop-limit'"),
        (&["--hold=1"], "unexpected argument for option '--hold': \"1\""),
        (&["--panic=3"], "unexpected argument for option '--panic': \"3\""),
    ] {
        let run = Running::start("vms", args).finish();
        assert_eq!((run.status.code(), run.stdout.len()), (Some(2), 0), "{args:?}: {run:?}");
        assert_eq!(run.stderr, format!("vms: {message}\n"), "{args:?}");
    }
}

#[test]
fn a_reader_that_goes_away_stops_no_exit() {
    let mut example = command("vms").args(["--machines", "3"]).spawn().expect("it starts");
    drop(example.stdout.take());
    let run = Running::watch(example).finish();
    assert_eq!((run.status.code(), run.stderr.as_str()), (Some(0), ""));
}

#[test]
fn what_happened_is_drawn() {
    let path = std::env::temp_dir().join(format!("withal-vms-{}.svg", std::process::id()));
    let path = path.to_str().expect("it is text");
    let run = vms(&["--svg", path, "--hang", "1"])
        .expect_end(1, "vms: could not exit [1] Vm: did not stop within 1s, and was killed");
    assert!(run.stdout.contains("- could not exit [1] Vm: did not stop within 1s, and was killed"), "{run:?}");
    let picture = std::fs::read_to_string(path).expect("it is drawn");
    std::fs::remove_file(path).expect("it is there");
    let picture = roxmltree::Document::parse(&picture).expect("it is XML");
    assert_eq!(picture.root_element().tag_name().name(), "svg");
    let texts: String = picture.descendants().filter_map(|node| node.text()).collect();
    assert!(texts.contains("[0]") && texts.contains("[1]") && texts.contains("was killed"), "{texts}");

    let run = Running::start("vms", &["--svg", "/no/such/place/vms.svg"]).finish();
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    assert!(run.stderr.starts_with("the picture is not in /no/such/place/vms.svg: "), "{run:?}");
    assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
}

/// Runs `vms` to its end, and checks what has to hold whatever it is told to do.
fn vms(args: &[&str]) -> Run {
    Running::start("vms", args).finish().expect_all_stopped()
}
