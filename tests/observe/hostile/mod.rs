//! User code that panics, or does what nobody expects, where observers call it, or where they are.

#[cfg(feature = "timeline")]
mod clock;
#[cfg(feature = "tracing")]
mod subscriber;
mod words;
