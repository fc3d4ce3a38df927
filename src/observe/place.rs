use super::watch::Shared;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// The place of a member in an observed scope.
#[derive(Clone, Debug, Default)]
pub struct Place(Option<Spot>);

#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// Weak, so that a place does not keep the watch open: a member that was taken out of the scope is not observed
    /// once the scope is over.
    pub(super) shared: Weak<Shared>,
    steps: Vec<Step>,
    /// The names set by adaptors, each with the number of steps to its place.
    names: Vec<(usize, String)>,
}

/// One step down from a group to its member.
#[derive(Clone, Debug)]
enum Step {
    To(usize),
    /// To a member of a dynamic set. It has a number from the start, which is unique in the scope, and its position
    /// once it has entered.
    Into {
        #[cfg_attr(not(feature = "timeline"), expect(dead_code, reason = "only rows are looked up"))]
        number: usize,
        position: Arc<AtomicUsize>,
    },
}

const NOT_IN: usize = usize::MAX;

impl Place {
    pub(super) fn root(shared: &Arc<Shared>) -> Self {
        Self(Some(Spot { shared: Arc::downgrade(shared), steps: Vec::new(), names: Vec::new() }))
    }

    pub(super) fn spot(&self) -> Option<&Spot> {
        self.0.as_ref()
    }

    /// Returns `true` if the scope is observed.
    pub(crate) fn is_watched(&self) -> bool {
        self.0.is_some()
    }

    fn changed(&self, change: impl FnOnce(&mut Spot)) -> Self {
        let mut place = self.clone();
        place.0.as_mut().map(change);
        place
    }

    /// Returns the place of the member at this position.
    pub(crate) fn child(&self, index: usize) -> Self {
        self.changed(|spot| spot.steps.push(Step::To(index)))
    }

    /// Returns the same place with a name. If it has two names, the outer one is used, which is set first.
    pub(crate) fn named(&self, name: &str) -> Self {
        self.changed(|spot| {
            if !spot.is_named() {
                spot.names.push((spot.steps.len(), name.to_owned()));
            }
        })
    }

    /// Returns the place of a member that enters the dynamic set at this place.
    pub(crate) fn entering(&self) -> Self {
        self.changed(|spot| {
            let number = spot.shared.upgrade().map_or(0, |shared| shared.next_number());
            spot.steps.push(Step::Into { number, position: Arc::new(AtomicUsize::new(NOT_IN)) });
        })
    }

    /// Sets the position of a member that has entered, also for all members below it.
    pub(crate) fn settle(&self, at: usize) {
        let Some(spot) = &self.0 else { return };
        if let Some(Step::Into { position, .. }) = spot.steps.last() {
            position.store(at, SeqCst);
        }
        #[cfg(feature = "timeline")]
        if let Some(shared) = spot.shared.upgrade() {
            shared.move_rows(&spot.key(), &spot.path());
        }
    }

    /// Records that the exits that were dropped in flight at this place timed out.
    #[cfg_attr(not(feature = "timeline"), expect(clippy::unused_self, reason = "the spans are gone by then"))]
    pub(crate) fn late(&self) {
        #[cfg(feature = "timeline")]
        if let Some((spot, shared)) = self.0.as_ref().and_then(|spot| Some((spot, spot.shared.upgrade()?))) {
            shared.late_rows(&spot.key());
        }
    }
}

impl Spot {
    /// Returns the member's position, as in failures.
    pub(super) fn path(&self) -> Vec<usize> {
        let positions = self.steps.iter().map(|step| match step {
            Step::To(index) => *index,
            Step::Into { position, .. } => position.load(SeqCst),
        });
        positions.filter(|position| *position != NOT_IN).collect()
    }

    /// Returns the key of a member, which never changes.
    #[cfg(feature = "timeline")]
    pub(super) fn key(&self) -> Vec<usize> {
        self.steps.iter().map(|(Step::To(number) | Step::Into { number, .. })| *number).collect()
    }

    /// Returns a member's name as in failures: after the names of the groups around it, and replaced by a name of its
    /// own place.
    pub(super) fn name(&self, own: &str) -> String {
        let mut parts: Vec<&str> = self.names.iter().map(|(_, name)| &**name).collect();
        if !self.is_named() {
            parts.push(own);
        }
        parts.join("/")
    }

    fn is_named(&self) -> bool {
        self.names.last().is_some_and(|(steps, _)| *steps == self.steps.len())
    }
}
