use super::watch::Shared;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// Where a member stands in a scope that is watched.
#[derive(Clone, Debug, Default)]
pub struct Place(Option<Spot>);

#[derive(Clone, Debug)]
pub(super) struct Spot {
    /// A place does not keep the watch open: what is taken out of the scope is nobody's when the scope is over.
    pub(super) shared: Weak<Shared>,
    steps: Vec<Step>,
    /// The names that adaptors gave, each with the number of steps to its place.
    names: Vec<(usize, String)>,
}

/// One step down from a group to its member.
#[derive(Clone, Debug)]
enum Step {
    To(usize),
    /// To one of a dynamic set, which has a number that is its own in the scope at once, and its position when it is
    /// in.
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

    /// Whether anybody looks.
    pub(crate) fn is_watched(&self) -> bool {
        self.0.is_some()
    }

    fn changed(&self, change: impl FnOnce(&mut Spot)) -> Self {
        let mut place = self.clone();
        place.0.as_mut().map(change);
        place
    }

    /// The place of the member at this position.
    pub(crate) fn child(&self, index: usize) -> Self {
        self.changed(|spot| spot.steps.push(Step::To(index)))
    }

    /// The same place under a name. Of two names the outer one counts, which comes first.
    pub(crate) fn named(&self, name: &str) -> Self {
        self.changed(|spot| {
            if !spot.is_named() {
                spot.names.push((spot.steps.len(), name.to_owned()));
            }
        })
    }

    /// The place of a member that enters into the dynamic set at this place.
    pub(crate) fn entering(&self) -> Self {
        self.changed(|spot| {
            let number = spot.shared.upgrade().map_or(0, |shared| shared.next_number());
            spot.steps.push(Step::Into { number, position: Arc::new(AtomicUsize::new(NOT_IN)) });
        })
    }

    /// The member is in, and has its position. All that is in it knows that, too.
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

    /// The exits that were dropped in flight at this place were late.
    #[cfg_attr(not(feature = "timeline"), expect(clippy::unused_self, reason = "the spans are gone by then"))]
    pub(crate) fn late(&self) {
        #[cfg(feature = "timeline")]
        if let Some((spot, shared)) = self.0.as_ref().and_then(|spot| Some((spot, spot.shared.upgrade()?))) {
            shared.late_rows(&spot.key());
        }
    }
}

impl Spot {
    /// The member's position, as in failures.
    pub(super) fn path(&self) -> Vec<usize> {
        let positions = self.steps.iter().map(|step| match step {
            Step::To(index) => *index,
            Step::Into { position, .. } => position.load(SeqCst),
        });
        positions.filter(|position| *position != NOT_IN).collect()
    }

    /// What a member is known by from the first on.
    #[cfg(feature = "timeline")]
    pub(super) fn key(&self) -> Vec<usize> {
        self.steps.iter().map(|(Step::To(number) | Step::Into { number, .. })| *number).collect()
    }

    /// A member's name as in failures: behind the names of the groups around it, and replaced by one of its own place.
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
