//! What changes how a resource is entered, exited or seen, without changing its guard.

mod ext;
mod fail_fast;
mod forward;
mod option;

pub use ext::ResourceExt;
pub use fail_fast::FailFast;
