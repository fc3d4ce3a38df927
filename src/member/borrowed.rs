use super::{EnterContext, Hold, Interruption, MapError};
use crate::error::{Failures, Phase};

/// A hold that is stored elsewhere, and outlives the root that drives it.
pub(crate) struct Borrowed<'h, H>(pub(crate) &'h mut H);

impl<H: Hold> Hold for Borrowed<'_, H> {
    type Guard = H::Guard;
    type Error = H::Error;

    forward_hold!(0: attend observe enter exit take put show abandon interrupt is_in name_sets reach name add_names);

    fn failures(&mut self, phase: Phase, map: MapError<'_, H::Error>) -> Failures {
        self.0.failures(phase, map)
    }

    fn failures_in(error: &mut H::Error) -> Option<&mut Failures> {
        H::failures_in(error)
    }
}
