//! What changes how a resource is entered, exited or seen, without changing its guard.

mod ext;
mod fail_fast;
mod forward;
mod option;
mod within;

pub use ext::ResourceExt;
pub use fail_fast::FailFast;
pub use within::Within;
