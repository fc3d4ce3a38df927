//! Members that are added while the body runs.

#[macro_use]
mod macros;

mod early;
mod enter;
mod exit_pool;
mod exit_stack;
mod handle;
mod leaving;
mod member;
mod set;
mod set_hold;
mod slot;
mod slots;
mod taken;
#[cfg(test)]
mod tests;

pub use exit_pool::{ExitPool, OpenPool};
pub use exit_stack::{ExitStack, OpenStack};
pub use handle::Handle;
pub use taken::Taken;
