//! Adaptors, which change how a resource is entered, exited or reported.

mod boxed;
mod ext;
mod fail_fast;
mod forward;
mod in_order;
mod limit;
mod made;
mod map_err;
mod named;
mod option;
mod ready_when;
mod retry;
mod then;
mod timer;
mod within;

pub use boxed::BoxResource;
pub use ext::ResourceExt;
pub use fail_fast::FailFast;
pub use in_order::InOrder;
pub use limit::Limit;
pub(crate) use limit::at_most;
pub use map_err::MapErr;
pub use named::Named;
pub use ready_when::{ReadyWhen, SendCheck};
pub use retry::{Remake, Retry, retry_with};
pub use then::Then;
pub use within::Within;
