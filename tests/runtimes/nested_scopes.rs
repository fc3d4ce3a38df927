//! Law `reaped` for scopes within the body of another: where an exit waits for them by `idle`, they need a reaper of
//! their own.

use crate::gate::Gate;
use crate::scene::Member;
use std::future::pending;
use std::pin::Pin;
use withal::{Reaper, ResourceExt, Scope, defer};
use withal_common::{Log, Task, Tasks, poll, reaper, run, settle};

/// A session whose body leaves a channel to the reaper `inner`, and whose first exit waits until that is idle.
struct Session {
    log: Log,
    /// Holds up the exit of the channel.
    gate: Gate,
}

impl Session {
    fn new() -> Self {
        Self { log: Log::default(), gate: Gate::closed() }
    }

    /// A body that ends, or one that is to be dropped.
    fn scope(&self, outer: &Reaper, inner: &Reaper, ends: bool) -> Pin<Box<dyn Future<Output = anyhow::Result<()>>>> {
        let (log, gate, channels) = (self.log.clone(), self.gate.clone(), inner.clone());
        let idle = inner.clone();
        let wait = defer(async move |_| {
            idle.idle().await;
            Ok(())
        });
        let members = (Member::new("session", &log), wait).in_order();
        Box::pin(Scope::new(members).on(outer).run(async move |_| {
            let channel = Member::new("channel", &log).exited_through(&gate);
            let channel = Scope::new(channel).on(&channels).run(async |_| pending::<anyhow::Result<()>>().await);
            settle(Box::pin(channel).as_mut());
            if ends { Ok(()) } else { pending().await }
        }))
    }
}

fn task_of(tasks: &Tasks) -> Task {
    tasks.pop().expect("it was handed over")
}

const CHANNEL: &str = "session entered, channel entered, channel told Cancelled";

#[test]
fn reaped_before_the_scope_around_that_is_awaited() {
    let ((outer, _), (inner, channels)) = (reaper(), reaper());
    let session = Session::new();
    let mut scope = session.scope(&outer, &inner, true);
    settle(scope.as_mut());
    let mut channel = task_of(&channels);
    settle(channel.as_mut());
    settle(scope.as_mut());
    assert_eq!(session.log.line(), CHANNEL, "the session is not told before the channel is out");
    session.gate.open();
    run(channel);
    assert!(run(scope).is_ok());
    assert_eq!(session.log.line(), "channel exited, session told Completed, session exited");
}

#[test]
fn reaped_before_the_scope_around_that_is_dropped() {
    let ((outer, sessions), (inner, channels)) = (reaper(), reaper());
    let session = Session::new();
    let mut scope = session.scope(&outer, &inner, false);
    settle(scope.as_mut());
    drop(scope);
    let (mut around, mut channel) = (task_of(&sessions), task_of(&channels));
    settle(around.as_mut());
    settle(channel.as_mut());
    settle(around.as_mut());
    assert_eq!(session.log.line(), CHANNEL, "the session is not told before the channel is out");
    session.gate.open();
    run(channel);
    run(around);
    assert_eq!(session.log.line(), "channel exited, session told Cancelled, session exited");
    assert_eq!((outer.pending(), inner.pending()), (0, 0));
}

/// What the docs of `idle` warn of: on one reaper for both, the exit waits for its own scope.
#[test]
fn reaped_never_where_an_exit_waits_for_its_own_reaper() {
    let (reaper, tasks) = reaper();
    let session = Session::new();
    session.gate.open();
    let mut scope = session.scope(&reaper, &reaper, false);
    settle(scope.as_mut());
    drop(scope);
    let (mut around, channel) = (task_of(&tasks), task_of(&tasks));
    run(channel);
    for _ in 0..100 {
        assert!(poll(around.as_mut()).is_pending());
    }
    assert_eq!(reaper.pending(), 1, "the channel is out, and the session waits for itself");
    assert_eq!(session.log.line(), format!("{CHANNEL}, channel exited"));
    drop(around);
    assert_eq!((session.log.line().as_str(), reaper.pending()), ("session abandoned", 0));
}
