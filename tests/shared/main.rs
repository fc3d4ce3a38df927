//! Resources that several scopes use (laws `shared`, `shared-enter`): who enters and exits them, when one of the users
//! is dropped at each poll, what lingers, and whose work fails.

mod enters;
mod exits;
mod guards;
mod linger;
mod names;
mod shapes;
mod sweeps;
mod threads;
mod users;
mod work;

use std::pin::Pin;
use withal::testing::{Event, READY, Script};
use withal::{OutcomeKind, Shared, shared};
use withal_common::World;

/// The scope of a user, until it has ended.
type User<'a, T> = Option<Pin<Box<dyn Future<Output = T> + 'a>>>;
type Users<'a, T> = Vec<User<'a, T>>;

#[expect(clippy::unnecessary_wraps, reason = "it is one of `Users`, until it has ended")]
fn user<'a, T>(scope: impl Future<Output = T> + 'a) -> User<'a, T> {
    Some(Box::pin(scope))
}

/// Returns a shared member that is pending so often in its enter and in its exit.
fn slow(world: &World, enter: usize, exit: usize) -> Shared<withal::testing::Scripted> {
    let script = Script { enter: READY.pending(enter), exit: READY.pending(exit) };
    shared(world.0.member(0, script))
}

/// Returns what happened to the members since the last call, one character each: that it (e)ntered, e(x)ited, was
/// (a)bandoned, (f)ailed or was (d)ropped.
fn short(world: &World) -> String {
    world.0.check().unwrap();
    let characters = world.events().into_iter().filter_map(|event| match event {
        Event::Entered(_) => Some('e'),
        Event::Exited(_) => Some('x'),
        Event::Abandoned(_) => Some('a'),
        Event::EnterFailed(_) | Event::ExitFailed(_) => Some('f'),
        Event::EnterDropped(_) | Event::ExitDropped(_) => Some('d'),
        Event::EnterPanicked(_) | Event::ExitPanicked(_) => Some('p'),
        _ => None,
    });
    characters.collect()
}

/// Returns the outcomes that the exits were told since the last call.
fn told(world: &World) -> Vec<OutcomeKind> {
    world.0.check().unwrap();
    let told = world.events().into_iter().filter_map(|event| match event {
        Event::ExitStarted(_, kind) => Some(kind),
        _ => None,
    });
    told.collect()
}

/// Polls all users in turn until all have ended, and returns their outputs.
fn run_all<T>(world: &World, mut users: Users<'_, T>) -> Vec<Option<T>> {
    let mut outputs: Vec<_> = users.iter().map(|_| None).collect();
    for _ in 0..200 {
        for (user, output) in users.iter_mut().zip(&mut outputs) {
            poll_one(world, user, output);
        }
        if users.iter().all(Option::is_none) {
            return outputs;
        }
    }
    panic!("they hang: {:?}", world.0.events());
}

/// Polls a user that has not ended. One that ends is dropped.
fn poll_one<T>(world: &World, user: &mut User<'_, T>, output: &mut Option<T>) {
    if let Some(future) = user {
        if let std::task::Poll::Ready(ended) = world.0.poll(future.as_mut()) {
            *output = Some(ended);
            *user = None;
        }
    }
}
