//! Law `panic-anywhere`: every call into the user's code is caught, the others still run, then the first panic resumes.

mod beside_a_panic;
mod each_call;
mod first_resumes;
mod never_polled_again;
mod panicking_wakers;
