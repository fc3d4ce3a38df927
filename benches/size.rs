//! A program with one scope, or eleven, over pairs: see `benches/size.sh`, which sets the `cfg`s.

mod scene;

#[cfg(by_hand)]
use scene::expert::Expert as Chosen;
#[cfg(not(by_hand))]
use scene::in_a_scope::Scope as Chosen;
use scene::member::{end, pend, run};
use scene::{Body, Failed, Member, Told, Way};
use std::hint::black_box;
use std::io;
use withal::{Outcome, Resource};

/// Another type of member for each number.
struct Numbered<const N: u32>;

impl<const N: u32> Resource for Numbered<N> {
    type Guard = u64;
    type Error = io::Error;

    async fn enter(&mut self) -> io::Result<u64> {
        pend(N).await;
        black_box(Ok(u64::from(N)))
    }

    async fn exit(&mut self, guard: u64, outcome: Outcome<'_>) -> io::Result<()> {
        end!(guard, Outcome::Completed = outcome, pend(N))
    }
}

impl<const N: u32> Member for Numbered<N> {
    async fn leave(&mut self, guard: u64, told: Told<'_>) -> io::Result<()> {
        end!(guard, Told::Completed = told, pend(N))
    }
}

/// Another body for each number.
struct Times<const N: u64>;

impl<const N: u64> Body for Times<N> {
    async fn end(self, sum: u64) -> Result<u64, Failed> {
        pend(1).await;
        Ok(black_box(sum * N))
    }
}

macro_rules! scopes {
    ($($N:literal)+) => {$(
        #[cfg(not(own_members))]
        drop(black_box(run(Chosen::run([Numbered::<0>, Numbered], Times::<$N>))));
        #[cfg(own_members)]
        drop(black_box(run(Chosen::run([Numbered::<$N>, Numbered], Times::<$N>))));
    )+};
}

fn main() {
    scopes! { 1 }
    #[cfg(eleven)]
    scopes! { 2 3 4 5 6 7 8 9 10 11 }
}
