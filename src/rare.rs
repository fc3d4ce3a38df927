use crate::unwind::drop_each;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A list that is nearly always empty: it takes one word, and next to nothing to drop.
#[expect(clippy::box_collection, reason = "the second allocation is paid only by those who fail")]
#[derive(Debug)]
pub(crate) struct Rare<T>(Option<Box<Vec<T>>>);

impl<T> Rare<T> {
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

    /// The list itself, which is made if there is none.
    #[cold]
    pub(crate) fn as_mut_vec(&mut self) -> &mut Vec<T> {
        self.0.get_or_insert_default()
    }

    /// Takes all that is in it.
    #[inline]
    pub(crate) fn take(&mut self) -> Vec<T> {
        match self.0.take() {
            Some(list) => *list,
            None => Vec::new(),
        }
    }
}

/// So that nothing but a look at the pointer is paid where there is nothing to drop. What is in it can hold values of
/// the user's: two that panic in a row would abort the process.
impl<T> Drop for Rare<T> {
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

impl<T> Default for Rare<T> {
    fn default() -> Self {
        Self::new()
    }
}
