//! `suppress`, `nullcontext`, `closing`, `aclosing`, and async generators: here `suppress`, `()`, `adopt`, and streams.

use crate::{Done, Fault, Log};
use futures::channel::mpsc::{self, Sender};
use futures::executor::block_on;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, SinkExt, StreamExt};
use std::fmt;
use std::future::ready;
use std::num::ParseIntError;
use std::sync::{Arc, Mutex};
use withal::OutcomeKind::{Cancelled, Completed};
use withal::testing::Event::{Abandoned, EnterStarted, Entered, ExitStarted, Exited};
use withal::testing::{Ledger, READY, Script};
use withal::{ExitStack, Reaper, ResourceExt, Scope, adopt, suppress};

// `suppress`

fn faulty(number: u32) -> Done<u32> {
    if number == 0 { Ok(0) } else { Err(Fault(number).into()) }
}

fn parse(text: &str) -> Done<u32> {
    Ok(text.parse()?)
}

#[test]
fn suppress_lends_nothing_and_leaves_a_value_alone() {
    let value = block_on(Scope::new(suppress::<Fault>()).run_or_suppress(async |nothing| {
        let (): &mut () = nothing;
        faulty(0)
    }));
    assert_eq!(value.unwrap(), Some(0));
}

#[test]
fn suppress_suppresses_errors_of_its_type_alone() {
    let exact = block_on(Scope::new(suppress::<Fault>()).run_or_suppress(async |()| faulty(1)));
    assert_eq!(exact.unwrap(), None);
    let other = block_on(Scope::new(suppress::<fmt::Error>()).run_or_suppress(async |()| faulty(1)));
    assert_eq!(other.unwrap_err().downcast_ref(), Some(&Fault(1)));
}

#[test]
fn nothing_suppresses_nothing() {
    let result = block_on(Scope::new(()).run_or_suppress(async |()| faulty(1)));
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&Fault(1)));
}

#[test]
fn several_types_are_suppressed_side_by_side() {
    let both = (suppress::<Fault>(), suppress::<ParseIntError>());
    assert_eq!(block_on(Scope::new(both).run_or_suppress(async |_| faulty(1))).unwrap(), None);
    assert_eq!(block_on(Scope::new(both).run_or_suppress(async |_| parse("x"))).unwrap(), None);
    let other = block_on(Scope::new(both).run_or_suppress(async |_| -> Done { Err(fmt::Error.into()) }));
    assert!(other.unwrap_err().is::<fmt::Error>());
}

#[test]
fn one_suppress_serves_again_and_inside_itself() {
    let mut ignore = suppress::<Fault>();
    for number in [0, 1, 2] {
        assert!(block_on(Scope::new(&mut ignore).run_or_suppress(async |()| faulty(number))).is_ok());
    }
    let log = Log::default();
    let outer = Scope::new(ignore).run_or_suppress(async |()| -> Done {
        assert_eq!(Scope::new(ignore).run_or_suppress(async |()| faulty(1)).await?, None);
        log.add(1);
        Err(Fault(2).into())
    });
    assert_eq!(block_on(outer).unwrap(), None);
    assert_eq!(log.all(), [1], "the outer body goes on");
}

#[test]
fn a_stack_takes_suppress_as_any_other_member() {
    let lenient = |text| {
        block_on(Scope::new(ExitStack::new()).run_or_suppress(async move |stack| {
            stack.enter(suppress::<ParseIntError>()).await?;
            parse(text)
        }))
    };
    assert_eq!(lenient("7").unwrap(), Some(7));
    assert_eq!(lenient("").unwrap(), None);
}

// `nullcontext`

#[test]
fn what_needs_no_exit_is_lent_as_it_is() {
    let value = Arc::new(1);
    let lent = adopt(Arc::clone(&value), async |_, _| Ok(()));
    assert!(block_on(lent.scope(async |lent| -> Done<bool> { Ok(Arc::ptr_eq(lent, &value)) })).unwrap());
    assert_eq!(block_on(().scope(async |()| faulty(0))).unwrap(), 0);
}

// `closing` and `aclosing`

/// Something that is closed by a method of its own.
struct Door<'a>(&'a Log);

impl Door<'_> {
    async fn close(self) {
        ready(()).await;
        self.0.add(1);
    }
}

#[test]
fn what_is_adopted_is_closed_after_success_and_error() {
    for fails in [false, true] {
        let log = Log::default();
        let closing = adopt(Door(&log), async |door, _| {
            door.close().await;
            Ok(())
        });
        let result = block_on(closing.scope(async |door| -> Done {
            assert!(door.0.all().is_empty());
            if fails { Err(Fault(1).into()) } else { Ok(()) }
        }));
        assert_eq!(result.is_err(), fails);
        assert_eq!(log.all(), [1]);
    }
}

/// Logs its drop.
struct Inside<'a>(&'a Log);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.add(1);
    }
}

/// An async generator: a future that gives its items through a channel, and is dropped with the stream of them.
fn generator<'a, F: Future<Output = Done> + Send + 'a>(run: impl FnOnce(Sender<u32>) -> F) -> BoxStream<'a, u32> {
    let (items, received) = mpsc::channel(0);
    stream::select(received, run(items).into_stream().filter_map(|_| ready(None))).boxed()
}

#[test]
fn a_generator_that_is_adopted_has_let_go_of_all_when_the_scope_returns() {
    let log = &Log::default();
    let numbers = generator(async move |mut items| {
        let _inside = Inside(log);
        items.send(1).await?;
        items.send(2).await?;
        Ok(())
    });
    let closing = adopt(numbers, async |numbers, _| {
        drop(numbers);
        Ok(())
    });
    let result = block_on(closing.scope(async |numbers| -> Done {
        assert_eq!(numbers.next().await, Some(1));
        assert!(log.all().is_empty());
        Err(Fault(1).into())
    }));
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&Fault(1)));
    assert_eq!(log.all(), [1]);
}

// A scope in a generator.

const SLOW: Script = Script { enter: READY.pending(1), exit: READY.pending(1) };

/// Gives two numbers, with a member up.
fn numbers(ledger: &Ledger, reaper: Option<&Reaper>) -> BoxStream<'static, u32> {
    let (member, reaper) = (ledger.member(0, SLOW), reaper.cloned());
    generator(async move |items| {
        let body = async move |_: &mut _| -> Done {
            let mut items = items;
            items.send(11).await?;
            Ok(items.send(12).await?)
        };
        match reaper {
            Some(reaper) => Scope::new(member).on(&reaper).run(body).await,
            None => member.scope(body).await,
        }
    })
}

#[test]
fn a_generator_that_runs_to_its_end_exits_its_member_between_its_last_item_and_the_end() {
    let ledger = Ledger::new();
    let mut numbers = numbers(&ledger, None);
    assert_eq!(block_on(numbers.by_ref().take(2).collect::<Vec<_>>()), [11, 12]);
    assert_eq!(ledger.events(), [EnterStarted(0), Entered(0)]);
    assert_eq!(block_on(numbers.next()), None);
    assert_eq!(ledger.events()[2..], [ExitStarted(0, Completed), Exited(0)]);
}

#[test]
fn a_generator_that_is_left_in_the_middle_abandons_its_member() {
    let ledger = Ledger::new();
    let mut numbers = numbers(&ledger, None);
    assert_eq!(block_on(numbers.next()), Some(11));
    drop(numbers);
    assert_eq!(ledger.events(), [EnterStarted(0), Entered(0), Abandoned(0)]);
}

#[test]
fn a_generator_that_is_left_in_the_middle_exits_its_member_on_a_reaper() {
    let ledger = Ledger::new();
    let tasks = Arc::new(Mutex::new(Vec::new()));
    let queue = Arc::clone(&tasks);
    let reaper = Reaper::new(move |task| queue.lock().unwrap().push(task));
    let mut numbers = numbers(&ledger, Some(&reaper));
    assert_eq!(block_on(numbers.next()), Some(11));
    drop(numbers);
    assert_eq!(reaper.pending(), 1);
    let task = tasks.lock().unwrap().pop().unwrap();
    block_on(task);
    block_on(reaper.idle());
    assert_eq!(ledger.events()[2..], [ExitStarted(0, Cancelled), Exited(0)]);
}

// What does not carry over:
// - `suppress` of a base class: errors have no classes. An exit that looks at the cause can match an enum's variants.
// - `suppress` splits exception groups and lets the rest pass: here it does not look into a `ScopeError`, which is
//   suppressed as a whole or not at all.
// - `suppress` without arguments is `()`.
