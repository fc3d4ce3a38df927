//! `vms --progress` on a terminal, and off it.

use crate::running::{Run, Running, command};
use nix::pty::{OpenptyResult, Winsize, openpty};
use std::fs::File;
use std::io::Read;
use std::process::Stdio;
use vt100::{Parser, Screen};

const SIZE: Winsize = Winsize { ws_row: 24, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };

/// What a terminal has shown: all that was written to it, and its screen in the end.
struct Shown {
    written: String,
    parser: Parser,
    code: Option<i32>,
}

impl Shown {
    fn screen(&self) -> &Screen {
        self.parser.screen()
    }

    /// Returns the rows of the screen that are not empty, without the space between words.
    fn rows(&self) -> Vec<String> {
        let rows = self.screen().rows(0, SIZE.ws_col);
        let rows = rows.map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "));
        rows.filter(|row| !row.is_empty()).collect()
    }

    /// Returns the bars of the machines, without the times, and then the other rows.
    fn bars(&self) -> (Vec<String>, Vec<String>) {
        let (bars, others): (Vec<_>, Vec<_>) = self.rows().into_iter().partition(|row| row.contains('━'));
        let without_time = |bar: String| {
            let (name, rest) = bar.split_once(" ━").expect("it is a bar");
            let (_, state) = rest.split_once(" s ").expect("it has a time");
            format!("{name}: {state}")
        };
        (bars.into_iter().map(without_time).collect(), others)
    }
}

/// Runs `vms` on a terminal, with its standard output elsewhere if that is given.
fn on_terminal(args: &[&str], stdout: Option<Stdio>) -> Shown {
    let OpenptyResult { master, slave } = openpty(&SIZE, None).expect("there is a terminal");
    let stdout = stdout.unwrap_or_else(|| slave.try_clone().expect("it is open").into());
    let mut vms = command("vms");
    vms.arg("--progress").args(args).env("TERM", "xterm").env_remove("NO_COLOR").stdout(stdout).stderr(slave);
    let mut child = vms.spawn().expect("it starts");
    // Our ends of the terminal would keep it open.
    drop(vms);
    let mut written = Vec::new();
    // The terminal of nobody ends with an error: the machines have it, too, and so they are gone.
    let _ = File::from(master).read_to_end(&mut written);
    let code = child.wait().expect("it is there").code();
    let mut parser = Parser::new(SIZE.ws_row, SIZE.ws_col, 0);
    parser.process(&written);
    Shown { written: String::from_utf8(written).expect("it is text"), parser, code }
}

#[test]
fn each_machine_has_a_bar() {
    let shown = on_terminal(&["--machines", "3"], None);
    assert_eq!(shown.code, Some(0), "{:?}", shown.rows());
    for state in ["entering", "up", "exiting", "exited"] {
        // In its colour.
        assert!(shown.written.contains(&format!("m{state}\u{1b}[")), "{state}: {:?}", shown.written);
    }
    let (bars, others) = shown.bars();
    assert_eq!(bars, ["[0] Vm: exited", "[1] Vm: exited", "[2] Vm: exited"]);
    assert!(others.iter().all(|row| !row.contains("machine")), "the bars stand for the lines: {others:?}");
}

#[test]
fn a_bar_shows_what_went_wrong() {
    let shown = on_terminal(&["--hang", "0", "--fail", "2", "--machines", "3"], None);
    assert_eq!(shown.code, Some(1), "{:?}", shown.rows());
    let (bars, others) = shown.bars();
    let hung = "[0] Vm: did not stop within 1s, and was killed";
    assert_eq!(bars, [hung, "[1] Vm: exited", "[2] Vm: refused to boot: no boot disk"]);
    assert!(others.iter().any(|row| row.starts_with("vms: could not enter [2] Vm:")), "{others:?}");
    let red = vt100::Color::Idx(1);
    let is_red = |row| shown.screen().cell(row, 9).is_some_and(|cell| cell.fgcolor() == red);
    assert_eq!([0, 1, 2].map(is_red), [true, false, true], "{:?}", shown.written);
}

#[test]
fn a_machine_that_died_and_stopped_has_failed() {
    let (bars, _) = on_terminal(&["--die", "1"], None).bars();
    assert_eq!(bars, ["[0] Vm: exited", "[1] Vm: ended by itself"]);
}

/// The bars are on the terminal, and the lines where the output goes.
#[test]
fn lines_go_where_the_output_goes() {
    let file = tempfile::tempfile().expect("there is room");
    let shown = on_terminal(&[], Some(file.try_clone().expect("it is open").into()));
    assert_eq!(shown.bars().0, ["[0] Vm: exited", "[1] Vm: exited"]);
    let mut lines = String::new();
    std::io::Seek::rewind(&mut &file).and_then(|()| (&file).read_to_string(&mut lines)).expect("it can be read");
    assert_eq!(lines.lines().filter(|line| line.contains("answered")).count(), 2, "{lines}");
}

#[test]
fn off_a_terminal_it_changes_nothing() {
    let count = |run: Run| {
        let run = run.expect_all_stopped().expect_end(0, "");
        ["started, pid ", "ready", "answered ", "told to stop", "ended"].map(|event| run.count(event))
    };
    let with = count(Running::start("vms", &["--progress"]).finish());
    assert_eq!(with, count(Running::start("vms", &[]).finish()));
}
