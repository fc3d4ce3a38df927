//! Enters a resource again after an attempt that failed. `attempts.rs` has the attempts, and `roll_back.rs` what comes
//! between two of them.

mod attempts;
mod remake;
mod roll_back;

pub use remake::{Remake, retry_with};

use crate::error::Failures;
use crate::group::{Group, sealed};
use crate::member::{Hold, HoldToken};
use crate::resource::Resource;
use attempts::Attempts;
use core::fmt;
use core::future::Future;

/// Enters a resource again after an attempt that failed. Returned by [`retry`](crate::ResourceExt::retry) and
/// [`retry_with`](crate::retry_with).
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Retry<R, A> {
    resource: R,
    again: A,
}

impl<R, A> Retry<R, A> {
    pub(super) fn new(resource: R, again: A) -> Self {
        Self { resource, again }
    }
}

impl<R: fmt::Debug, A> fmt::Debug for Retry<R, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry").field("resource", &self.resource).finish_non_exhaustive()
    }
}

impl<R, A, T> Resource for Retry<R, A>
where
    R: Resource,
    A: FnMut(&R::Error, usize) -> Option<T> + Send,
    T: Future + Send,
{
    type Guard = R::Guard;
    type Error = Failures;

    by_hand!();
    delegate_resource!(resource: abandon name);

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = Failures> {
        Attempts::new(self.resource.hold(HoldToken), &mut self.again, roll_back::roll_back)
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = Failures> {
        Attempts::new(self.resource.into_hold(HoldToken), self.again, roll_back::roll_back)
    }
}

impl<G, A, T> sealed::Sealed for Retry<G, A>
where
    G: Group,
    A: FnMut(&G::Error, usize) -> Option<T> + Send,
    T: Future + Send,
{
}
impl<G, A, T> Group for Retry<G, A>
where
    G: Group,
    A: FnMut(&G::Error, usize) -> Option<T> + Send,
    T: Future + Send,
{
}
