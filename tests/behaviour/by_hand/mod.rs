//! Every resource of this crate, entered, exited and abandoned by hand, as a user's own resource does that delegates to
//! it; and what it is called.

mod debug;
mod dropped_exits;
mod enter_exit_abandon;
mod on_thread;
