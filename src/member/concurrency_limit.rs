use core::num::NonZeroUsize;

/// The number of members of a group or set that may run at a time, if it is limited.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ConcurrencyLimit(Option<NonZeroUsize>);

impl ConcurrencyLimit {
    pub(crate) const NONE: Self = Self(None);

    /// Adds a limit. The narrowest one applies.
    pub(crate) fn narrowed(self, most: NonZeroUsize) -> Self {
        Self(Some(self.0.map_or(most, |limit| limit.min(most))))
    }

    /// Returns the number of members, or `usize::MAX` if it is not limited.
    #[inline]
    pub(crate) fn get(self) -> usize {
        self.0.map_or(usize::MAX, NonZeroUsize::get)
    }
}
