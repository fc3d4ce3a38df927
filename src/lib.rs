#![forbid(unsafe_code)]
#[macro_use]
mod macros;

mod adapt;
mod body;
mod call;
mod error;
mod group;
mod hold;
mod outcome;
mod panic;
mod report;
mod resource;
mod scope;
pub use adapt::{FailFast, ResourceExt};
pub use body::SendBody;
pub use error::{BodyError, BoxError, Failure, Failures, MemberPanic, Phase, ScopeError, ScopeErrorKind};
pub use group::Group;
pub use outcome::{Cause, Outcome, OutcomeKind};
pub use report::Report;
pub use resource::Resource;
pub use scope::Scope;

#[doc(hidden)]
pub mod __hold {
    pub use crate::hold::{Hold, Ledger, Policy};
}
