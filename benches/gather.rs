//! Times scopes on tokio beside the same in Python: see `benches/gather.sh`, which gives this the times of the latter.

mod scene;

use scene::as_written::{AsWritten, Spawned};
use scene::engine::Futures;
use scene::expert::Expert;
use scene::guaranteed::Guaranteed;
use scene::in_a_scope::Scope;
use scene::list::Members;
use scene::member::end;
use scene::on_tokio::runtime;
use scene::{Failed, Member, Sum, Told, Way};
use std::collections::HashMap;
use std::hint::black_box;
use std::io::{self, IsTerminal};
use std::time::Instant;
use tokio::task::yield_now;
use withal::{Outcome, Resource};

/// A member that gives way to other tasks so often, as `await asyncio.sleep(0)` does.
struct Yielding {
    number: u64,
    times: u32,
}

impl Resource for Yielding {
    type Guard = u64;
    type Error = io::Error;

    async fn enter(&mut self) -> io::Result<u64> {
        give_way(self.times).await;
        black_box(Ok(self.number))
    }

    async fn exit(&mut self, guard: u64, outcome: Outcome<'_>) -> io::Result<()> {
        end!(guard, Outcome::Completed = outcome, give_way(self.times))
    }
}

impl Member for Yielding {
    async fn leave(&mut self, guard: u64, told: Told<'_>) -> io::Result<()> {
        end!(guard, Told::Completed = told, give_way(self.times))
    }
}

async fn give_way(times: u32) {
    for _ in 0..times {
        yield_now().await;
    }
}

/// Nanoseconds for one scope: the median of batches of a hundredth of a second.
fn time<F: Future<Output = Result<u64, Failed>>>(scope: impl Fn() -> F) -> u64 {
    let runtime = runtime();
    let batch = |times: u32| {
        let start = Instant::now();
        runtime.block_on(async {
            for _ in 0..times {
                drop(black_box(scope().await));
            }
        });
        start.elapsed()
    };
    let mut times = 1;
    while batch(times).as_millis() < 10 {
        times *= 2;
    }
    let mut batches: Vec<_> = (0..15).map(|_| (batch(times) / times).as_nanos()).collect();
    batches.sort_unstable();
    u64::try_from(batches[7]).unwrap_or(u64::MAX)
}

/// The times of a scope, of the same by hand with the same guarantee, by an expert first, and of a task for each.
fn row<M: Members<Yielding>>(number: usize, times: u32) -> [u64; 4]
where
    Scope: Way<M>,
    Expert: Way<M>,
    Guaranteed<Futures>: Way<M>,
    AsWritten<Spawned>: Way<M>,
{
    let members = || M::collect(number, |member| Yielding { number: member as u64, times });
    [
        time(|| Scope::run(members(), Sum)),
        time(|| Expert::run(members(), Sum)),
        time(|| Guaranteed::<Futures>::run(members(), Sum)),
        time(|| AsWritten::<Spawned>::run(members(), Sum)),
    ]
}

fn main() {
    // As a test there is nothing to time.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let stdin = std::io::stdin();
    let lines = (!stdin.is_terminal()).then(|| stdin.lines().map_while(Result::ok)).into_iter().flatten();
    let python: HashMap<String, u64> = lines
        .filter_map(|line| line.rsplit_once('\t').and_then(|(row, time)| Some((row.to_owned(), time.parse().ok()?))))
        .collect();
    println!("nanoseconds for one scope\n");
    println!("| members | scope | expert | guaranteed by futures | a task for each | Python | ratio |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for (wait, times) in [("ready", 0), ("pending once", 1), ("pending five times", 5)] {
        for (number, [scope, expert, hand, tasks]) in [
            (2, row::<[_; 2]>(2, times)),
            (4, row::<[_; 4]>(4, times)),
            (12, row::<[_; 12]>(12, times)),
            (10, row::<Vec<_>>(10, times)),
            (1000, row::<Vec<_>>(1000, times)),
        ] {
            let row = format!("{number}, {wait}");
            let [python, ratio] = match python.get(&row) {
                Some(python) => [python.to_string(), (python / scope.max(1)).to_string()],
                None => [const { String::new() }; 2],
            };
            println!("| {row} | {scope} | {expert} | {hand} | {tasks} | {python} | {ratio} |");
        }
    }
}
