//! `server` as a process: it takes jobs over HTTP, and ends by a signal, or by a member that dies or hangs.

use crate::running::{Run, Running};
use crate::signals::kill;
use std::io::{Read, Write};
use std::net::TcpStream;

/// The example, at a port of its own.
struct Server {
    running: Running,
    address: String,
}

impl Server {
    fn start(args: &[&str]) -> Self {
        let mut running = Running::start("server", &[&["--listen", "127.0.0.1:0"], args].concat());
        running.read_until("listening at ", 1);
        let line = running.lines_with("listening at ").next().expect("it has been read");
        let address = line.trim_start_matches("listening at ").to_owned();
        Self { running, address }
    }

    /// Sends a job, and returns the first line of the answer.
    fn send(&self, job: &str) -> String {
        let mut stream = self.connect();
        let length = job.len();
        write!(stream, "POST /jobs HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{job}")
            .expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer.lines().next().unwrap_or_default().to_owned()
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).expect("it listens")
    }

    fn interrupt(&self, signal: &str) {
        kill(signal, &self.running.child.id().to_string());
    }

    /// Waits until it has ended, and nobody listens any more.
    fn finish(self) -> Run {
        let run = self.running.finish();
        assert!(TcpStream::connect(&self.address).is_err(), "somebody listens: {run:?}");
        run
    }
}

const ACCEPTED: &str = "HTTP/1.1 202 Accepted";

#[test]
fn a_signal_stops_it_when_every_job_is_done() {
    for signal in ["INT", "TERM"] {
        let server = Server::start(&[]);
        for job in 0..9 {
            assert_eq!(server.send(&format!("job {job}")), ACCEPTED);
        }
        server.interrupt(signal);
        let run = server.finish().expect_end(0, "");
        for job in 0..9 {
            assert_eq!(run.count(&format!("job {job} is done")), 1, "{run:?}");
        }
    }
}

#[test]
fn a_worker_that_dies_stops_it_and_is_named() {
    let server = Server::start(&["--die"]);
    assert_eq!(server.send("tea"), ACCEPTED);
    let run = server.finish();
    let told = ["[0, 0] worker a", "[0, 1] worker b"].map(|who| format!("server: {who} failed: cannot do tea\n"));
    assert!(told.contains(&run.stderr), "{run:?}");
    assert_eq!((run.status.code(), run.count("is done")), (Some(3), 0), "{run:?}");
}

#[test]
fn a_worker_that_hangs_is_named() {
    let server = Server::start(&["--hang"]);
    assert_eq!(server.send("tea"), ACCEPTED);
    server.interrupt("INT");
    let run = server.finish();
    let late = |who| format!("server: could not exit {who}: its deadline has elapsed\n");
    let told = ["[0, 0] worker a", "[0, 1] worker b"].map(late);
    assert!(told.contains(&run.stderr), "{run:?}");
    assert_eq!((run.status.code(), run.count("is done")), (Some(1), 0), "{run:?}");
}

/// The workers do what is in the queue all the same.
#[test]
fn a_request_that_hangs_is_named() {
    let server = Server::start(&[]);
    assert_eq!(server.send("tea"), ACCEPTED);
    let mut stuck = server.connect();
    stuck
        .write_all(b"POST /jobs HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n")
        .expect("it listens");
    // It reads the body from now on.
    stuck.read_exact(&mut [0; 12]).expect("it answers");
    server.interrupt("TERM");
    let late = "server: could not exit [2] server: its deadline has elapsed";
    let run = server.finish().expect_end(1, late);
    assert_eq!(run.count("tea is done"), 1, "{run:?}");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let server = Server::start(&[]);
    let run = Running::start("server", &["--listen", &server.address]).finish();
    assert_eq!((run.status.code(), run.stdout.as_str()), (Some(1), ""), "{run:?}");
    assert!(run.stderr.starts_with("server: could not enter [2] server: Address already in use"), "{run:?}");
    server.interrupt("INT");
    server.finish().expect_end(0, "");
}

#[test]
fn the_command_line_is_checked() {
    let help = Running::start("server", &["--help"]).finish();
    assert_eq!((help.status.code(), help.stderr.as_str()), (Some(0), ""), "{help:?}");
    for option in ["--listen <LISTEN>", "--die", "--hang"] {
        assert_eq!(help.stdout.matches(&format!(" {option} ")).count(), 1, "{option}: {help:?}");
    }
    let bogus = Running::start("server", &["--bogus"]).finish();
    assert_eq!((bogus.status.code(), bogus.stdout.len()), (Some(2), 0), "{bogus:?}");
}
