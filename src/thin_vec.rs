use crate::unwind::drop_each;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A list that is nearly always empty. It takes one word, and an empty one costs next to nothing to drop.
#[expect(clippy::box_collection, reason = "the second allocation is paid only by those who fail")]
#[derive(Debug)]
pub(crate) struct ThinVec<T>(Option<Box<Vec<T>>>);

impl<T> ThinVec<T> {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    #[cold]
    pub(crate) fn push(&mut self, value: T) {
        self.as_mut_vec().push(value);
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[T] {
        match &self.0 {
            Some(list) => list,
            None => &[],
        }
    }

    /// Returns the list, which is created if there is none.
    #[cold]
    pub(crate) fn as_mut_vec(&mut self) -> &mut Vec<T> {
        self.0.get_or_insert_default()
    }

    #[inline]
    pub(crate) fn take(&mut self) -> Vec<T> {
        match self.0.take() {
            Some(list) => *list,
            None => Vec::new(),
        }
    }
}

/// Dropping an empty list is one check of a pointer. Elements can hold user values and are dropped one by one, because
/// two panicking destructors in a row would abort the process.
impl<T> Drop for ThinVec<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(list) = self.0.take() {
            dispose(list);
        }
    }
}

#[cold]
#[expect(clippy::box_collection, clippy::boxed_local, reason = "it is unpacked out of the way")]
fn dispose<T>(list: Box<Vec<T>>) {
    drop_each(*list);
}

impl<T> Default for ThinVec<T> {
    fn default() -> Self {
        Self::new()
    }
}
