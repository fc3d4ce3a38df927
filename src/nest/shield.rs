use super::OwnLevel;
use super::current::{Frame, level_of_body};
use super::level::{Level, Stage};
use core::future::Future;
use core::mem::replace;
use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// Runs a region of a body to its end, even if the body is given up meanwhile (law [`shielded`](crate::laws#shielded)).
///
/// A body is given up when the signal of [`until`](crate::Scope::until) fires, or when the work of a member fails. It
/// is polled further then until the region has ended, and is dropped: it does not receive the region's output, and an
/// error of the region is lost, so handle it within the region. Neither
/// the region nor the scopes within it are cancelled. [`cancelled`](crate::cancelled) tells the region when to wrap up.
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
/// neither waits for a shield. What has to happen even then belongs in the exit of a member, on a
/// [`Reaper`](crate::Reaper).
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
