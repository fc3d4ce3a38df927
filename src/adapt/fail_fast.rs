use crate::error::{Failures, Phase};
use crate::group::{Group, sealed};
use crate::member::{EnterContext, Hold, HoldToken, Interruption, MapError};
use crate::resource::Resource;

/// Drops a group's enters in flight at the first failure. Returned by [`fail_fast`](crate::ResourceExt::fail_fast).
#[derive(Clone, Copy, Debug)]
#[must_use = "a resource does nothing until a scope enters it"]
pub struct FailFast<G> {
    group: G,
}

impl<G> FailFast<G> {
    pub(super) fn new(group: G) -> Self {
        Self { group }
    }
}

impl<G: Group> Resource for FailFast<G> {
    type Guard = G::Guard;
    type Error = Failures;

    by_hand!();
    delegate_resource!(group: abandon name);

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = G::Guard, Error = Failures> {
        Held(self.group.hold(HoldToken))
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = G::Guard, Error = Failures> {
        Held(self.group.into_hold(HoldToken))
    }
}

impl<G: Group> sealed::Sealed for FailFast<G> {}
impl<G: Group> Group for FailFast<G> {}

struct Held<H>(H);

impl<H: Hold> Hold for Held<H> {
    type Guard = H::Guard;
    type Error = Failures;

    async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
        let all_in = entry.fail_fast(|entry| self.0.enter(entry)).await;
        if !all_in {
            self.0.interrupt(Interruption::EnterAborted);
        }
        all_in
    }

    forward_hold!(0: attend observe exit take put show abandon interrupt is_in name_sets reach name);

    fn failures(&mut self, phase: Phase, map: MapError<'_, Failures>) -> Failures {
        self.0.failures(phase, None).mapped(&self.0.name(), phase, map)
    }

    hold_of_group!();
}
