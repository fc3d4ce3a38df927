use super::lent::Lent;
use crate::error::Failures;
use crate::opened::{Members, SharedWork};
use crate::resource::Resource;
use alloc::sync::Arc;

/// A shared resource that is up.
pub(super) struct Up<R: Resource<Guard: Sync> + 'static> {
    guard: Arc<R::Guard>,
    uses: usize,
    /// `None` while a user looks for failures of their work.
    members: Option<Members<Lent<R>>>,
    /// The work of the members.
    work: Option<Arc<SharedWork>>,
    /// The failures of their work: shared, to be copied for each user.
    died: Option<Failures>,
    /// The number of the time for which it lingers, without uses.
    stay: Option<usize>,
}

impl<R: Resource<Guard: Sync> + 'static> Up<R> {
    pub(super) fn new(mut members: Members<Lent<R>>, uses: usize) -> Self {
        let guard = members.take_guard().expect("its members are in");
        let work = members.attended().map(Arc::clone);
        Self { guard: Arc::new(guard), uses, members: Some(members), work, died: None, stay: None }
    }

    pub(super) fn guard(&self) -> Arc<R::Guard> {
        Arc::clone(&self.guard)
    }

    /// Adds a use.
    pub(super) fn join(&mut self) -> Arc<R::Guard> {
        self.uses += 1;
        self.stay = None;
        self.guard()
    }

    /// Ends a use. Returns `true` if it was the last one.
    pub(super) fn leave(&mut self) -> bool {
        self.uses -= 1;
        self.uses == 0
    }

    pub(super) fn uses(&self) -> usize {
        self.uses
    }

    pub(super) fn work(&self) -> Option<&Arc<SharedWork>> {
        self.work.as_ref()
    }

    pub(super) fn died(&self) -> Option<&Failures> {
        self.died.as_ref()
    }

    pub(super) fn set_died(&mut self, died: Failures) {
        self.died = Some(died);
    }

    /// Begins to linger, without uses, for the time of this number.
    pub(super) fn linger(&mut self, stay: usize) {
        self.stay = Some(stay);
    }

    pub(super) fn lingers_for(&self, stay: usize) -> bool {
        self.stay == Some(stay)
    }

    /// Takes the members, for a user that looks for failures of their work, and is a use meanwhile.
    pub(super) fn take_members(&mut self) -> Option<Members<Lent<R>>> {
        self.members.take()
    }

    pub(super) fn put_members(&mut self, members: Members<Lent<R>>) {
        self.members = Some(members);
    }

    /// Returns the members with their guard, which no use shares any more.
    pub(super) fn into_members(self) -> Option<Members<Lent<R>>> {
        let mut members = self.members?;
        members.put_guard(Arc::into_inner(self.guard));
        Some(members)
    }
}
