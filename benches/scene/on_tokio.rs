//! A runtime to run scenes on: tokio's, on one thread.

use super::Failed;
use super::member::Desk;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

/// Makes one without timers and without IO.
///
/// # Panics
///
/// If the system has no threads left.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime needs nothing that can be missing")
}

/// Runs it as a task, and calls the members one by one from another: first to enter, then to exit.
///
/// # Panics
///
/// If the task does.
pub async fn run_called(
    desk: Arc<Desk>,
    future: impl Future<Output = Result<u64, Failed>> + Send + 'static,
) -> Result<u64, Failed> {
    let task = tokio::spawn(future);
    for seat in desk.enters.iter().chain(&desk.exits) {
        while !desk.is_taken(*seat) {
            yield_now().await;
        }
        desk.call(*seat);
        yield_now().await;
    }
    task.await.expect("a scene does not panic")
}
