//! Members of an `ExitStack` or `ExitPool`: where they stand, and where they are watched when they are moved.

#[cfg(feature = "timeline")]
mod leaving;
#[cfg(feature = "timeline")]
mod moved;
#[cfg(feature = "timeline")]
mod places;
#[cfg(feature = "tracing")]
mod spans;
