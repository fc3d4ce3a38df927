//! Cancellation as it happens: timeouts, aborted tasks, locks, runtimes that end, and the reaper that finishes a scope.

mod blocking;
mod busy;
mod combinations;
mod cost;
mod deadline_groups;
mod deadlines;
mod fair;
mod gate;
mod hand;
mod heard;
mod inner;
mod locks;
mod on_drop;
mod order;
mod other_runtimes;
mod owners;
mod real_timers;
mod reaper;
mod scene;
mod signals;
mod timers;
mod tokio_runtimes;
mod until;
mod yielding;
