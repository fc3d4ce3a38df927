//! The machine itself: what the example does when it has started itself as a child.
//!
//! It listens on a free loopback port, prints the port, and answers requests of one line each. It knows nothing of
//! scopes, and blocks, as it has but one connection.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

const WORK_TIME: Duration = Duration::from_millis(60);

/// How a machine behaves.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Config {
    pub(crate) index: usize,
    pub(crate) refuses_to_boot: bool,
    pub(crate) gets_stuck: bool,
    pub(crate) dies_early: bool,
    pub(crate) ignores_stop: bool,
}

impl Config {
    /// Writes the command line that [`options::parse`](crate::options::parse) reads.
    pub(crate) fn to_args(self) -> Vec<String> {
        let mut args = vec!["serve".to_owned(), self.index.to_string()];
        args.extend(self.refuses_to_boot.then(|| "--refuse-boot".to_owned()));
        args.extend(self.gets_stuck.then(|| "--get-stuck".to_owned()));
        args.extend(self.dies_early.then(|| "--die-early".to_owned()));
        args.extend(self.ignores_stop.then(|| "--ignore-stop".to_owned()));
        args
    }

    /// Differs from machine to machine, so that the bars of the chart do.
    fn boot_time(self) -> Duration {
        Duration::from_millis([120, 200, 160][self.index % 3])
    }

    fn stop_time(self) -> Duration {
        Duration::from_millis([200, 120, 160][self.index % 3])
    }
}

pub(crate) fn serve(config: Config) -> io::Result<ExitCode> {
    thread::spawn(end_with_parent);
    if config.gets_stuck {
        loop {
            thread::park();
        }
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    if writeln!(io::stdout(), "{port}").is_err() {
        // The parent is gone already, which is no error of this machine's.
        return Ok(ExitCode::FAILURE);
    }
    thread::sleep(config.boot_time());

    let (mut connection, _) = listener.accept()?;
    let requests = BufReader::new(connection.try_clone()?).lines();
    // A connection that breaks is the parent's to report, if there still is one.
    for request in requests.map_while(Result::ok) {
        let answer = match request.split_once(' ').unwrap_or((&request, "")) {
            ("hello", _) if config.refuses_to_boot => "no boot disk".to_owned(),
            ("hello", _) => "ready".to_owned(),
            ("sum", numbers) => sum(numbers),
            ("stop", _) if config.ignores_stop => continue,
            ("stop", _) => {
                thread::sleep(config.stop_time());
                break;
            }
            _ => "unknown request".to_owned(),
        };
        if writeln!(connection, "{answer}").is_err() {
            break;
        }
        if config.refuses_to_boot || config.dies_early && request.starts_with("sum") {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Ends this process when the parent closes our stdin, which it also does by dying, however suddenly.
fn end_with_parent() {
    // An error means that there is nothing left to read, the same as the end.
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    std::process::exit(0);
}

fn sum(numbers: &str) -> String {
    thread::sleep(WORK_TIME);
    match numbers.split(' ').map(str::parse::<u32>).sum::<Result<u32, _>>() {
        Ok(sum) => sum.to_string(),
        Err(error) => format!("cannot add {numbers:?}: {error}"),
    }
}
