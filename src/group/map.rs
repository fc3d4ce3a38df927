use super::vec::List;
use super::{Group, sealed};
use crate::error::{Failures, Phase};
use crate::kind::kind_of;
use crate::member::{Borrower, EnterContext, Hold, HoldToken, Interruption, MapError, NamedHold};
use crate::resource::Resource;
use crate::unwind::catch;
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;
use core::future::Future;

/// A group whose members have keys. Its guard is a map from the same keys to the members' guards.
///
/// In failures and for observers, a member has the text of its key as its name, as by
/// [`named`](crate::ResourceExt::named): it replaces the name of a single resource, and stands before the names of the
/// members of a group. The member's position is that of its key, in the order of the keys. So two keys with the same
/// text differ by their positions.
///
/// The body borrows the map of guards, and must leave its keys as they are. A member whose guard it removes cannot be
/// exited, and a guard that it adds under another key is dropped. Either is reported as a failure.
///
/// # Order
///
/// The members are entered, and exited, all at once, as those of a `Vec`: they are first polled in the order of the
/// keys, and for the exits in reverse.
///
/// # Panics
///
/// If the `Display` of a key panics, the member has the name of its type, and the panic is a failure of the map. The
/// keys are cloned: their `Clone` and `Ord` must not panic. If they do, the scope's future panics, and guards can be
/// dropped.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
/// use withal::{Outcome, Resource, ResourceExt};
///
/// struct Service(u16);
///
/// impl Resource for Service {
///     type Guard = u16;
///     type Error = String;
///
///     async fn enter(&mut self) -> Result<u16, String> {
///         if self.0 < 1024 { Err(format!("port {} is reserved", self.0)) } else { Ok(self.0) }
///     }
///
///     async fn exit(&mut self, _: u16, _: Outcome<'_>) -> Result<(), String> {
///         Ok(())
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let services = BTreeMap::from([("web", Service(8080)), ("jobs", Service(9000))]);
/// services.scope(async |ports| anyhow::Ok(assert_eq!(ports["web"], 8080))).await?;
///
/// let services = BTreeMap::from([("web", Service(80)), ("jobs", Service(9000))]);
/// let failed = services.scope(async |_| anyhow::Ok(())).await.unwrap_err();
/// assert_eq!(failed.to_string(), "could not enter [1] web: port 80 is reserved");
/// # anyhow::Ok(()) }).unwrap();
/// ```
impl<K: Ord + Clone + Display + Send, R: Resource> Resource for BTreeMap<K, R> {
    type Guard = BTreeMap<K, R::Guard>;
    type Error = Failures;

    by_hand!();

    fn abandon(&mut self, guard: Self::Guard) {
        super::abandon(self.hold(HoldToken), guard);
    }

    fn name(&self) -> &'static str {
        "BTreeMap"
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        Map::new::<R>(self.iter_mut().map(|(key, member)| (key.clone(), member.hold(HoldToken))))
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Failures> {
        Map::new::<R>(self.into_iter().map(|(key, member)| (key, member.into_hold(HoldToken))))
    }
}

impl<K: Ord + Clone + Display + Send, R: Resource> sealed::Sealed for BTreeMap<K, R> {}
impl<K: Ord + Clone + Display + Send, R: Resource> Group for BTreeMap<K, R> {}

/// The holds of a map's members, in the order of the keys.
struct Map<K, H> {
    keys: Vec<K>,
    members: List<NamedHold<H, String>>,
}

impl<K: Display, H: Hold> Map<K, H> {
    /// Names each member by its key, or, if `Display` panics, by its type `R`.
    fn new<R>(members: impl Iterator<Item = (K, H)>) -> Self {
        let mut map = Self { keys: Vec::new(), members: List::new(Vec::new()) };
        for (key, hold) in members {
            let name = catch(|| key.to_string()).unwrap_or_else(|panic| {
                map.members.notes.panic(panic);
                kind_of::<R>().to_owned()
            });
            map.members.holds.push(NamedHold::new(hold, name));
            map.keys.push(key);
        }
        map
    }
}

impl<K: Ord + Clone + Send, H: Hold> Hold for Map<K, H> {
    type Guard = BTreeMap<K, H::Guard>;
    type Error = Failures;

    forward_hold!(members: attend observe enter exit abandon interrupt is_in name_sets reach);

    fn take(&mut self) -> Self::Guard {
        // The keys are cloned first: a panic leaves the guards where they are.
        let keys = self.keys.clone();
        keys.into_iter().zip(self.members.take()).collect()
    }

    fn put(&mut self, guard: Option<Self::Guard>, by: Borrower) -> bool {
        let mut guards = guard.unwrap_or_default();
        let mut is_whole = true;
        for (key, hold) in self.keys.iter().zip(&mut self.members.holds) {
            is_whole &= hold.put(guards.remove(key), by);
        }
        for stray in guards.into_values() {
            self.members.notes.stray(stray, by);
        }
        is_whole && self.members.notes.is_empty()
    }

    fn show(&mut self, guard: &Self::Guard) {
        for (key, hold) in self.keys.iter().zip(&mut self.members.holds) {
            if let Some(guard) = guard.get(key) {
                hold.show(guard);
            }
        }
    }

    fn failures(&mut self, phase: Phase, map: MapError<'_, Failures>) -> Failures {
        self.members.failures_of("BTreeMap", phase, map)
    }

    hold_of_group!("BTreeMap");
}
