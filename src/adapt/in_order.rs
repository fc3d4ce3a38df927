use super::Limit;
use crate::error::Failures;
use crate::group::{Group, sealed};
use crate::member::{Hold, HoldToken};
use crate::resource::Resource;

/// Enters and exits the members of a group one by one. Returned by
/// [`in_order`](crate::ResourceExt::in_order).
#[derive(Clone, Copy, Debug)]
#[must_use = "a resource does nothing until a scope enters it"]
pub struct InOrder<G> {
    one_by_one: Limit<G>,
}

impl<G> InOrder<G> {
    pub(super) fn new(group: G) -> Self {
        Self { one_by_one: Limit::new(group, 1) }
    }
}

impl<G: Group> Resource for InOrder<G> {
    type Guard = G::Guard;
    type Error = Failures;

    by_hand!();
    delegate_resource!(one_by_one: abandon name hold);
}

impl<G: Group> sealed::Sealed for InOrder<G> {}
impl<G: Group> Group for InOrder<G> {}
