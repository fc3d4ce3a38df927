//! By hand, with the guarantee of a scope, for this shape and no other.
//!
//! What entered is exited on every path, at once and in reverse; it is told how the scope ended. Every call into a
//! member and into the body is caught: where its future is made, polled and dropped. Each error and panic is kept, with
//! member and phase, the earliest first, until all is done; then the first panic resumes, or all comes back. If the
//! future is dropped, the body goes first, and then what is in is abandoned in reverse.

mod drive;
pub(super) mod log;
mod slot;

pub use log::Report;

use super::{Body, Failed, Way};
use std::convert::identity;
use std::marker::PhantomData;

/// By hand with the guarantee, where this drives the members of a phase.
pub struct Guaranteed<By>(PhantomData<By>);

/// What stands in the frame of one scope by hand.
pub trait Drive<Members> {
    fn drive<B: Body, O: Send>(
        members: Members,
        body: B,
        finish: impl FnOnce(Report) -> O + Send,
    ) -> impl Future<Output = O> + Send;
}

impl<Members, By: 'static> Way<Members> for Guaranteed<By>
where
    Self: Drive<Members>,
{
    fn run<B: Body>(members: Members, body: B) -> impl Future<Output = Result<u64, Failed>> + Send {
        Self::drive(members, body, Report::into_result)
    }
}

impl<By> Guaranteed<By> {
    /// Hands over everything that happened, panics included.
    pub fn report<Members, B: Body>(members: Members, body: B) -> impl Future<Output = Report> + Send
    where
        Self: Drive<Members>,
    {
        Self::drive(members, body, identity)
    }
}
