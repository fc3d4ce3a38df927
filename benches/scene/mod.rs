//! What is measured: the same members and the same body, in a scope and by hand.

#![allow(dead_code, reason = "each of the benches needs a part of it")]

pub mod as_written;
pub mod composed;
pub mod engine;
pub mod expert;
pub mod guaranteed;
pub mod in_a_scope;
pub mod list;
pub mod member;
pub mod on_tokio;
#[cfg(feature = "watched")]
pub mod watched;

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Mutex;
use withal::{Outcome, Phase, Resource, ScopeError};

/// One way to enter members of this kind, run a body, and exit them.
pub trait Way<Members>: 'static {
    fn run<B: Body>(members: Members, body: B) -> impl Future<Output = Result<u64, Failed>> + Send;
}

/// A member, which is a resource of a scope, and can be told how it ended where there is no scope.
pub trait Member: Resource<Guard = u64, Error = io::Error> + 'static {
    fn leave(&mut self, guard: u64, told: Told<'_>) -> impl Future<Output = io::Result<()>> + Send;
}

/// What a body does when it has the sum of its guards.
pub trait Body: Send + 'static {
    fn end(self, sum: u64) -> impl Future<Output = Result<u64, Failed>> + Send;
}

/// The body that is measured: it returns the sum.
pub struct Sum;

impl Body for Sum {
    async fn end(self, sum: u64) -> Result<u64, Failed> {
        Ok(sum)
    }
}

/// What [`Outcome`] tells, by those who cannot make one: its cause is made by scopes alone.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    Completed,
    Failed(&'a Failed),
    EnterFailed(&'a io::Error),
    Panicked,
    /// Nothing that the scenes do.
    Otherwise,
}

impl<'a> Told<'a> {
    pub fn of(result: &'a Result<u64, Failed>) -> Self {
        match result {
            Ok(_) => Self::Completed,
            Err(error) => Self::Failed(error),
        }
    }
}

impl<'a> From<Outcome<'a>> for Told<'a> {
    fn from(outcome: Outcome<'a>) -> Self {
        match outcome {
            Outcome::Completed => Self::Completed,
            Outcome::Failed(cause) => cause.body().map_or(Self::Otherwise, Self::Failed),
            Outcome::EnterFailed(cause) => cause.downcast_ref().map_or(Self::Otherwise, Self::EnterFailed),
            Outcome::Panicked => Self::Panicked,
            _ => Self::Otherwise,
        }
    }
}

/// What comes back when something went wrong.
#[derive(Debug)]
pub enum Failed {
    /// The body's own error.
    Declined,
    /// The error of one member, from those who tell no more.
    Member(io::Error),
    /// All that went wrong, by hand, with the body's error if that failed too.
    ByHand { body: Option<Box<Failed>>, failures: Vec<Failure> },
    /// All that went wrong, in a scope.
    InAScope(ScopeError),
}

/// What went wrong by hand: with which member, or the body, and when.
#[derive(Debug)]
pub struct Failure {
    pub member: Option<usize>,
    pub phase: Phase,
    pub what: What,
}

impl Failure {
    pub fn is_panic(&self) -> bool {
        matches!(self.what, What::Panic(_))
    }
}

pub enum What {
    Error(io::Error),
    /// In a lock that is never taken: a payload is not `Sync`, and errors have to be.
    Panic(Mutex<Payload>),
}

impl From<Payload> for What {
    fn from(payload: Payload) -> Self {
        Self::Panic(Mutex::new(payload))
    }
}

pub type Payload = Box<dyn std::any::Any + Send>;

impl fmt::Debug for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Panic(_) => f.write_str("a panic"),
        }
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Member(error)
    }
}

impl From<ScopeError> for Failed {
    fn from(error: ScopeError) -> Self {
        Self::InAScope(error)
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declined => f.write_str("the body declined"),
            Self::Member(error) => error.fmt(f),
            Self::ByHand { body, failures } => write!(f, "{body:?}; {failures:?}"),
            Self::InAScope(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Failed {}
