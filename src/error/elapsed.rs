use core::fmt;

/// The error of a member that missed its deadline.
///
/// See [`enter_within`](crate::ResourceExt::enter_within) and [`exit_within`](crate::ResourceExt::exit_within).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Elapsed(());

impl Elapsed {
    pub(crate) fn new() -> Self {
        Self(())
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its deadline has elapsed")
    }
}

impl core::error::Error for Elapsed {}
