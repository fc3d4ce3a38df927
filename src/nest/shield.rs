//! What a body can ask about being given up.

use super::OwnLevel;
use super::current::{Frame, level_of_body};
use super::level::{Level, Stage};
use super::registration::Registration;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::mem::replace;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// Runs a region of a body to its end, even if the body is given up meanwhile (law `shielded`).
///
/// A body is given up when the signal of [`until`](crate::Scope::until) fires, or when the work of a member fails. It
/// is polled further then until the region has ended, and is dropped: it does not receive the region's output. Neither
/// the region nor the scopes within it are cancelled. [`cancelled`] tells the region when to wrap up.
///
/// A region that is first polled in a body that is given up already does not begin, and stays pending. If it is polled
/// outside of a body, or once that body is dropped, it runs as if there were no shield.
///
/// What runs in the body beside the region goes on until the region has ended. A region that never ends holds up the
/// scope: give it a deadline.
///
/// # Cancel safety
///
/// If the future is dropped, so is the region. A `select!` can do that, and so does the drop of the scope's own future:
/// neither waits for a shield.
///
/// # Examples
///
/// ```
/// use std::future::{pending, ready};
/// use withal::{Scope, shield};
///
/// # futures::executor::block_on(async {
/// let (stop, stopped) = futures::channel::oneshot::channel::<()>();
/// let mut sent = Vec::new();
/// let scope = Scope::new(()).until(stopped).run(async |()| {
///     shield(async {
///         sent.push("header");
///         stop.send(()).ok();
///         ready(()).await; // or anything that takes time
///         sent.push("payload");
///     })
///     .await;
///     pending::<anyhow::Result<()>>().await
/// });
/// scope.await.unwrap_err();
/// assert_eq!(sent, ["header", "payload"]);
/// # });
/// ```
#[must_use = "a region does nothing unless it is awaited"]
pub fn shield<F: Future>(region: F) -> impl Future<Output = F::Output> {
    Shield { region: Some(region), output: None, is_new: true, has_begun: false, level: None }
}

pin_project! {
    struct Shield<F: Future> {
        #[pin]
        region: Option<F>,
        // That of a region that has ended in a body that was given up.
        output: Option<F::Output>,
        is_new: bool,
        has_begun: bool,
        // The last field: the shield counts as in until its region is dropped.
        level: Option<OwnLevel>,
    }
}

impl<F: Future> Future for Shield<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if replace(this.is_new, false) {
            *this.level = level_of_body().map(Level::within).map(OwnLevel);
        }
        let stage = this.level.as_ref().and_then(|level| level.poll_around(cx));
        let is_given_up = stage == Some(Stage::GivenUp);
        if let Some(output) = this.output.take_if(|_| !is_given_up) {
            return Poll::Ready(output);
        }
        if is_given_up && (!*this.has_begun || this.output.is_some()) {
            this.level.as_ref().and_then(OwnLevel::leave);
            return Poll::Pending;
        }
        *this.has_begun = true;
        let region = this.region.as_mut().as_pin_mut().expect("a shield is not polled again once it has returned");
        let polled = if this.level.is_some() {
            let frame = Frame::new(this.level);
            frame.poll_region();
            region.poll(cx)
        } else {
            region.poll(cx)
        };
        let Poll::Ready(output) = polled else { return Poll::Pending };
        this.region.set(None);
        if this.level.as_ref().and_then(OwnLevel::leave) == Some(Stage::GivenUp) {
            *this.output = Some(output);
            return Poll::Pending;
        }
        Poll::Ready(output)
    }
}

/// Waits until the body around is given up, or a body around that one: within a [`shield`], the time to wrap up.
///
/// The body is the one in which the future is polled, at each poll. Outside of a body the future is never ready.
/// Outside of a shield no code sees it ready, because the body is dropped instead.
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
