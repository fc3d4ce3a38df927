//! Errors: which member failed, when and in which phase, in words that a person can act on.

mod abandoned;
mod elapsed;
mod failure;
mod failures;
mod member_panic;
mod panics;
mod scope_error;
mod shared;

pub use abandoned::Abandoned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::string::ToString;
pub use elapsed::Elapsed;
pub use failure::{Failure, Phase};
pub use failures::Failures;
pub(crate) use failures::NameKind;
pub use member_panic::MemberPanic;
pub(crate) use scope_error::KeptAsText;
pub use scope_error::{BodyError, ScopeError, ScopeErrorKind};

/// Any error, boxed. The members' own error types are converted to it.
pub type BoxError = Box<dyn core::error::Error + Send + Sync>;

/// Returns the text of an error, or a substitute if its `Display` panics.
pub(crate) fn words(error: &(dyn core::error::Error + 'static)) -> String {
    crate::unwind::catch(|| error.to_string())
        .unwrap_or_else(|panic| format!("(its message panicked: {})", panic.payload.message()))
}
