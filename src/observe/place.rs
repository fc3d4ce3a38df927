use super::watch::Shared;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Where a member stands in a scope that is watched.
#[derive(Clone, Debug, Default)]
pub struct Place(Option<Spot>);

#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) shared: Arc<Shared>,
    /// The member's position, as in failures.
    pub(super) path: Vec<usize>,
    /// What a member is known by: its path, but for one of a dynamic set, which learns its position only when it is in.
    pub(super) key: Vec<usize>,
    /// The names that adaptors gave, each with the length of the path to its place.
    names: Vec<(usize, String)>,
}

impl Place {
    pub(super) fn root(shared: Arc<Shared>) -> Self {
        Self(Some(Spot { shared, path: Vec::new(), key: Vec::new(), names: Vec::new() }))
    }

    pub(super) fn spot(&self) -> Option<&Spot> {
        self.0.as_ref()
    }

    fn changed(&self, change: impl FnOnce(&mut Spot)) -> Self {
        let mut place = self.clone();
        place.0.as_mut().map(change);
        place
    }

    /// The place of the member at this position.
    pub(crate) fn child(&self, index: usize) -> Self {
        self.changed(|spot| {
            spot.path.push(index);
            spot.key.push(index);
        })
    }

    /// The same place under a name. Of two names the outer one counts, which comes first.
    pub(crate) fn named(&self, name: &str) -> Self {
        self.changed(|spot| {
            let depth = spot.path.len();
            if spot.names.last().is_none_or(|(named, _)| *named < depth) {
                spot.names.push((depth, name.to_owned()));
            }
        })
    }

    /// The place of a member that enters into the dynamic set at this place, by a number that is its own.
    pub(crate) fn entering(&self, number: usize) -> Self {
        self.changed(|spot| spot.key.push(number))
    }

    /// The same place when the member is in, and has its position.
    pub(crate) fn settled(&self, position: usize) -> Self {
        self.changed(|spot| {
            spot.path.push(position);
            #[cfg(feature = "timeline")]
            spot.shared.move_rows(&spot.key, &spot.path);
        })
    }
}

impl Spot {
    /// A member's name as in failures: behind the names of the groups around it, and replaced by one of its own place.
    pub(super) fn name(&self, own: &str) -> String {
        let depth = self.path.len();
        let mut parts: Vec<&str> = self.names.iter().map(|(_, name)| &**name).collect();
        if self.names.last().is_none_or(|(named, _)| *named < depth) {
            parts.push(own);
        }
        parts.join("/")
    }
}
