use super::{ScopeRecord, Span};
use std::time::Duration;

const SECOND: u128 = 1_000_000_000;

/// Maps the time of one scope to positions on a line of cells.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    pub(super) start: Duration,
    pub(super) end: Duration,
    /// When the scope was over, or now.
    pub(super) over: Duration,
}

impl Scale {
    /// Creates a scale from the scope's beginning to its end, or to now while anything goes on. It includes events that
    /// were recorded before or after.
    pub(super) fn of(scope: &ScopeRecord, now: Duration) -> Self {
        let over = scope.closed().unwrap_or(now).max(scope.opened);
        let mut scale = Self { start: scope.opened, end: over, over };
        let spans = scope.members.iter().flat_map(|member| [member.enter(), member.up.span, member.exit()]).flatten();
        let abandoned = scope.members.iter().filter_map(|member| member.abandoned);
        for span in spans.chain(scope.body).chain(abandoned.map(Span::moment)) {
            scale.start = scale.start.min(span.start());
            scale.end = scale.end.max(span.end().unwrap_or(now));
        }
        scale
    }

    pub(super) fn total(&self) -> Duration {
        self.end.saturating_sub(self.start)
    }

    /// Returns the place of a time: 0 to `width`.
    pub(super) fn at(&self, time: Duration, width: usize) -> usize {
        self.at_offset(time.saturating_sub(self.start), width)
    }

    /// Returns the place of a time that is counted from the start of the scale.
    pub(super) fn at_offset(&self, offset: Duration, width: usize) -> usize {
        let (offset, total) = (offset.as_nanos(), self.total().as_nanos());
        let place = (offset * width as u128).checked_div(total).unwrap_or(0);
        usize::try_from(place).unwrap_or(width)
    }

    /// Returns round times from the start of the scale on, with at least one step, and at most `most`.
    pub(super) fn ticks(&self, most: usize) -> impl Iterator<Item = Duration> + use<> {
        let (total, most) = (self.total(), most.max(1));
        let step = step(total.as_nanos().div_ceil(most as u128));
        let ticks = (0..=most).scan(Some(Duration::ZERO), move |next, _| {
            let tick = next.take()?;
            *next = tick.checked_add(step);
            Some(tick)
        });
        ticks.take_while(move |tick| *tick <= total)
    }
}

/// Returns the smallest round time that is not below this one.
fn step(least: u128) -> Duration {
    const CLOCK: [u128; 16] = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200];
    let decades = |unit: u128| (0..12).flat_map(move |power| [1, 2, 5].map(|digit| digit * unit * 10_u128.pow(power)));
    let below_a_second = decades(1).take_while(|step| *step < SECOND);
    let above_a_day = decades(24 * 3600 * SECOND);
    let mut steps = below_a_second.chain(CLOCK.map(|seconds| seconds * SECOND)).chain(above_a_day);
    let seconds = |step: u128| u64::try_from(step / SECOND).unwrap_or(u64::MAX);
    let below = |step: u128| u32::try_from(step % SECOND).unwrap_or(0);
    steps.find(|step| *step >= least).map_or(Duration::MAX, |step| Duration::new(seconds(step), below(step)))
}
