use super::current::level_of_body;
use super::level::{Level, Stage};
use super::registration::Registration;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::task::Poll;

/// Waits until the body around is given up, or a body around that one: within a [`shield`](crate::shield), the time to
/// wrap up.
///
/// The body is the one in which the future is polled, at each poll. Outside of a body the future is never ready. In a
/// body that is given up it is ready as long as a scope or a shield within the body is still in. Do not `select!` it
/// against a scope: if it wins, that scope is dropped in the middle of its exits.
///
/// As the signal of [`until`](crate::Scope::until) it never fires: what a scope polls besides its body is no part of
/// the body around, which cancels the scope anyway.
///
/// # Cancel safety
///
/// If the future is dropped, nothing happens.
///
/// # Examples
///
/// ```
/// use futures::StreamExt;
/// use futures::channel::{mpsc, oneshot};
/// use futures::future::{Either, select};
/// use withal::{Scope, cancelled, shield};
///
/// # futures::executor::block_on(async {
/// let (stop, stopped) = oneshot::channel::<()>();
/// let (queue, mut jobs) = mpsc::unbounded();
/// let mut done = Vec::new();
/// let scope = Scope::new(()).until(stopped).run(async |()| {
///     shield(async {
///         // Between two jobs, and not within one.
///         while let Either::Left((Some(job), _)) = select(jobs.next(), cancelled()).await {
///             done.push(job);
///         }
///         done.push("wrapped up");
///     })
///     .await;
///     anyhow::Ok(())
/// });
/// let work = async {
///     queue.unbounded_send("first").unwrap();
///     stop.send(()).unwrap();
///     scope.await.unwrap_err()
/// };
/// assert_eq!(work.await.to_string(), "the scope was cancelled");
/// # });
/// ```
pub fn cancelled() -> impl Future<Output = ()> + Send + Unpin {
    let mut registrations: Vec<Registration> = Vec::new();
    poll_fn(move |cx| {
        let around = level_of_body();
        let registered = registrations.first().map(|first| Arc::as_ptr(first.level()));
        if registered != around.as_ref().map(Arc::as_ptr) {
            let chain = around.as_ref().into_iter().flat_map(Level::chain);
            registrations = chain.map(|level| Arc::clone(level).register(false)).collect();
        }
        // All are polled, so that each wakes.
        let given_up = registrations.iter().filter(|registration| registration.poll(cx) != Stage::Running).count();
        if given_up == 0 { Poll::Pending } else { Poll::Ready(()) }
    })
}
