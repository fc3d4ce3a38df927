//! Runs many scopes at once on tokio's runtime with two workers: see `benches/many.sh`.

mod scene;

use scene::as_written::{AsWritten, Spawned};
use scene::expert::Expert;
use scene::in_a_scope::Scope;
use scene::list::Members;
use scene::member::end;
use scene::{Failed, Member, Sum, Told, Way};
use std::fs;
use std::future::Future;
use std::io;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::time::sleep;
use withal::{Outcome, Resource};

/// A member that waits for a timer in either phase.
struct Timed(u64);

impl Timed {
    /// Between a fifth and three fifths of a second, so that all scopes are up at once and do not end at once.
    async fn wait(&self) {
        sleep(Duration::from_millis(200 + self.0 * 37 % 400)).await;
    }
}

impl Resource for Timed {
    type Guard = u64;
    type Error = io::Error;

    async fn enter(&mut self) -> io::Result<u64> {
        self.wait().await;
        Ok(self.0)
    }

    async fn exit(&mut self, guard: u64, outcome: Outcome<'_>) -> io::Result<()> {
        end!(guard, Outcome::Completed = outcome, self.wait())
    }
}

impl Member for Timed {
    async fn leave(&mut self, guard: u64, told: Told<'_>) -> io::Result<()> {
        end!(guard, Told::Completed = told, self.wait())
    }
}

/// Runs so many scopes of so many members, all at once, and prints the microseconds of the clock, those of both
/// processors, and the bytes of memory at the peak.
fn run<F: Future<Output = Result<u64, Failed>> + Send + 'static>(scopes: u64, scope: impl Fn(u64) -> F) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_time().build();
    let runtime = runtime.expect("the system has threads and clocks");
    let (memory, processor, clock) = (peak_memory(), processor_time(), Instant::now());
    runtime.block_on(async {
        let tasks: Vec<_> = (0..scopes).map(|number| tokio::spawn(scope(number))).collect();
        for task in tasks {
            task.await.expect("no scope panics").expect("no scope fails");
        }
    });
    let clock = clock.elapsed().as_micros();
    println!("{clock} {} {}", processor_time() - processor, peak_memory() - memory);
}

/// The most memory that was resident so far, in bytes.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or_default() * 1024
}

/// What all threads used of the processors so far, in microseconds. The kernel counts hundredths of a second.
fn processor_time() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map(|(_, fields)| fields.split(' ')).into_iter().flatten();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10_000
}

fn members<M: Members<Timed>>(scope: u64, number: usize) -> M {
    M::collect(number, |member| Timed(scope * number as u64 + member as u64))
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (way, shape) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let scopes = arguments.next().and_then(|scopes| scopes.parse().ok()).unwrap_or(1000);
    match (way.as_str(), shape.as_str()) {
        ("scope", "pairs") => run(scopes, |scope| Scope::run(members::<[_; 2]>(scope, 2), Sum)),
        ("expert", "pairs") => run(scopes, |scope| Expert::run(members::<[_; 2]>(scope, 2), Sum)),
        ("tasks", "pairs") => run(scopes, |scope| AsWritten::<Spawned>::run(members::<[_; 2]>(scope, 2), Sum)),
        ("scope", "lists") => run(scopes, |scope| Scope::run(members::<Vec<_>>(scope, 100), Sum)),
        ("expert", "lists") => run(scopes, |scope| Expert::run(members::<Vec<_>>(scope, 100), Sum)),
        ("tasks", "lists") => run(scopes, |scope| AsWritten::<Spawned>::run(members::<Vec<_>>(scope, 100), Sum)),
        _ => println!("many scope|expert|tasks pairs|lists [scopes]"),
    }
}
