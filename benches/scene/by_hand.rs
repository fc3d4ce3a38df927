//! The same by hand: as people write it, and with the guarantee of a scope.

use super::{Failed, Member, members};
use futures::future::join_all;
use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;
use withal::{Outcome, Resource};

/// As people write it: a guard that came back is lost if another enter fails, and nothing is exited after a panic.
pub async fn pair_as_written(pending: u32) -> Result<u64, Failed> {
    let [mut a, mut b] = members(pending);
    let (Ok(x), Ok(y)) = futures::join!(a.enter(), b.enter());
    let sum = x + y;
    let (Ok(()), Ok(())) = futures::join!(a.exit(x, Outcome::Completed), b.exit(y, Outcome::Completed));
    Ok(sum)
}

type Payload = Box<dyn Any + Send>;

/// A member, its guard, and what went wrong. If it is dropped while it is in, it is abandoned.
struct Slot {
    member: Member,
    guard: Option<u64>,
    panic: Option<Payload>,
}

impl Slot {
    fn new(member: Member) -> Self {
        Self { member, guard: None, panic: None }
    }

    async fn enter(&mut self) {
        let Self { member, guard, panic } = self;
        match caught(|| member.enter()).await {
            Ok(Ok(entered)) => *guard = Some(entered),
            Err(payload) => *panic = Some(payload),
        }
    }

    async fn exit(&mut self, outcome: Outcome<'_>) {
        let Self { member, guard, panic } = self;
        if let Some(guard) = guard.take() {
            if let Err(payload) = caught(|| member.exit(guard, outcome)).await {
                *panic = Some(payload);
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            let _ = catch_unwind(AssertUnwindSafe(|| self.member.abandon(guard)));
        }
    }
}

/// Makes a future, polls it to its end and drops it, each of them caught.
async fn caught<F: Future>(make: impl FnOnce() -> F) -> Result<F::Output, Payload> {
    struct InFlight<'a, F>(Pin<&'a mut Option<F>>);
    impl<F> Drop for InFlight<'_, F> {
        fn drop(&mut self) {
            if self.0.is_some() {
                let _ = catch_unwind(AssertUnwindSafe(|| self.0.set(None)));
            }
        }
    }
    let mut make = Some(make);
    let mut flight = InFlight(pin!(None));
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            if let Some(make) = make.take() {
                flight.0.set(Some(make()));
            }
            let polled = flight.0.as_mut().as_pin_mut().map_or(Poll::Pending, |future| future.poll(cx));
            if polled.is_ready() {
                flight.0.set(None);
            }
            polled
        }));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    })
    .await
}

/// What the exits are told, and what comes back: the body's panic first, then the earliest of a member.
fn outcome_of<T>(body: Option<&Result<Result<T, Failed>, Payload>>) -> Outcome<'static> {
    match body {
        Some(Ok(Ok(_))) => Outcome::Completed,
        _ => Outcome::Panicked,
    }
}

fn result_of<T>(body: Option<Result<Result<T, Failed>, Payload>>, panic: Option<Payload>) -> Result<T, Failed> {
    match (body, panic) {
        (Some(Err(payload)), _) | (_, Some(payload)) => resume_unwind(payload),
        (Some(Ok(result)), None) => result,
        (None, None) => Err(Failed),
    }
}

/// With the guarantee: what entered is exited on every path, in reverse, and every call is caught.
macro_rules! guaranteed {
    ($name:ident: $($slot:ident)+; $($reverse:ident)+) => {
        pub async fn $name(pending: u32) -> Result<u64, Failed> {
            let [$($slot),+] = members(pending);
            $(let mut $slot = Slot::new($slot);)+
            futures::join!($($slot.enter()),+);
            let body = if let ($(Some($slot),)+) = ($(&mut $slot.guard,)+) {
                Some(caught(|| async { Ok(0 $(+ *$slot)+) }).await)
            } else {
                None
            };
            let outcome = outcome_of(body.as_ref());
            futures::join!($($reverse.exit(outcome)),+);
            result_of(body, None$(.or($slot.panic.take()))+)
        }
    };
}

guaranteed! { pair: a b; b a }
guaranteed! { four: a b c d; d c b a }
guaranteed! { twelve: a b c d e f g h i j k l; l k j i h g f e d c b a }
guaranteed! { array: a b c d e f g h; h g f e d c b a }

/// With the guarantee, by two `join_all`s.
pub async fn vec(len: usize, pending: u32) -> Result<u64, Failed> {
    let mut slots: Vec<_> = (0..len).map(|number| Slot::new(Member { number: number as u64, pending })).collect();
    join_all(slots.iter_mut().map(Slot::enter)).await;
    let body = if slots.iter().all(|slot| slot.guard.is_some()) {
        Some(caught(|| async { Ok(slots.iter().filter_map(|slot| slot.guard).sum()) }).await)
    } else {
        None
    };
    let outcome = outcome_of(body.as_ref());
    join_all(slots.iter_mut().rev().map(|slot| slot.exit(outcome))).await;
    let panic = slots.iter_mut().find_map(|slot| slot.panic.take());
    result_of(body, panic)
}
