use super::scope::SharedObserver;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// The path of a member in an observed scope, or nothing.
#[derive(Clone, Debug, Default)]
pub struct MemberPath(Option<PathInner>);

#[derive(Clone, Debug)]
pub(super) struct PathInner {
    /// Weak, so that a path does not keep the observer open: a member that was taken out of the scope is not observed
    /// once the scope is over.
    pub(super) shared: Weak<SharedObserver>,
    steps: Vec<PathStep>,
    /// The names set by adaptors, each with the number of steps to its place.
    names: Vec<(usize, String)>,
    /// Whether only the work of the members is observed here.
    pub(super) is_at_rest: bool,
}

/// One step down from a group to its member.
#[derive(Clone, Debug)]
enum PathStep {
    To(usize),
    /// To a member of a dynamic set. It has a number from the start, which is unique in the scope, and its position
    /// once it has entered.
    Into {
        number: usize,
        position: Arc<AtomicUsize>,
    },
}

const NOT_IN: usize = usize::MAX;

impl MemberPath {
    pub(super) fn root(shared: &Arc<SharedObserver>) -> Self {
        Self(Some(PathInner {
            shared: Arc::downgrade(shared),
            steps: Vec::new(),
            names: Vec::new(),
            is_at_rest: false,
        }))
    }

    pub(super) fn inner(&self) -> Option<&PathInner> {
        self.0.as_ref()
    }

    /// Returns `true` if the scope is observed.
    pub(crate) fn is_observed(&self) -> bool {
        self.0.is_some()
    }

    fn changed(&self, change: impl FnOnce(&mut PathInner)) -> Self {
        let mut path = self.clone();
        path.0.as_mut().map(change);
        path
    }

    /// Returns the path of the member at this position.
    pub(crate) fn child(&self, index: usize) -> Self {
        self.changed(|path| path.steps.push(PathStep::To(index)))
    }

    /// Returns the same path with a name. If it has two names, the outer one is used, which is set first.
    pub(crate) fn named(&self, name: &str) -> Self {
        self.changed(|path| {
            if !path.is_named() {
                path.names.push((path.steps.len(), name.to_owned()));
            }
        })
    }

    /// Returns the same path for members that have entered a dynamic set: until their exit only their work is observed.
    pub(crate) fn at_rest(&self) -> Self {
        self.changed(|path| path.is_at_rest = true)
    }

    /// Returns the path of a member that enters the dynamic set at this path.
    pub(crate) fn entering(&self) -> Self {
        self.changed(|path| {
            let number = path.shared.upgrade().map_or(0, |shared| shared.next_number());
            path.steps.push(PathStep::Into { number, position: Arc::new(AtomicUsize::new(NOT_IN)) });
        })
    }

    /// Sets the position of a member that has entered, also for all members below it.
    pub(crate) fn settle(&self, at: usize) {
        let Some(path) = &self.0 else { return };
        if let Some(PathStep::Into { position, .. }) = path.steps.last() {
            position.store(at, SeqCst);
        }
        if let Some(shared) = path.shared.upgrade() {
            shared.change_path(&path.key(), &path.positions());
        }
    }

    /// Records that the exits that were dropped in flight at this path timed out.
    pub(crate) fn late(&self) {
        if let Some((path, shared)) = self.0.as_ref().and_then(|path| Some((path, path.shared.upgrade()?))) {
            shared.time_out(&path.key());
        }
    }

    /// Records that the exits that were dropped in flight at this path were abandoned with their scope.
    pub(crate) fn abandoned(&self) {
        if let Some((path, shared)) = self.0.as_ref().and_then(|path| Some((path, path.shared.upgrade()?))) {
            shared.abandon(&path.key());
        }
    }
}

impl PathInner {
    /// Returns the member's position, as in failures.
    pub(super) fn positions(&self) -> Vec<usize> {
        let positions = self.steps.iter().map(|step| match step {
            PathStep::To(index) => *index,
            PathStep::Into { position, .. } => position.load(SeqCst),
        });
        positions.filter(|position| *position != NOT_IN).collect()
    }

    /// Returns the key of a member, which never changes.
    pub(super) fn key(&self) -> Vec<usize> {
        self.steps.iter().map(|(PathStep::To(number) | PathStep::Into { number, .. })| *number).collect()
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
