//! `AsyncDisposableStack` and `await using` of JavaScript, as test262 checks them. Here `use` is `enter`,
//! `disposeAsync` is `close` and `move` is `take_all`.

mod closing;
mod members;
mod moving;

use withal::OutcomeKind::Completed;
use withal::testing::Event::{self, ExitStarted, Exited};
use withal::testing::{READY, Script};
use withal::{ExitStack, OpenStack, Resource, ScopeError};

const SLOW: Script = Script { enter: READY.pending(1), exit: READY.pending(1) };

/// A stack that stands in a variable and in no scope, and is closed by hand.
async fn open<'a>() -> OpenStack<'a> {
    ExitStack::new().enter().await.unwrap()
}

async fn close(mut stack: OpenStack<'_>) -> Result<(), ScopeError> {
    stack.take_all().close().await
}

/// What happens when these are exited one by one.
fn exits(ids: impl IntoIterator<Item = usize>) -> Vec<Event> {
    ids.into_iter().flat_map(|id| [ExitStarted(id, Completed), Exited(id)]).collect()
}
