//! The enter of a member into a set.

use super::handle::Handle;
use super::leaving::Leaving;
use super::member::{MemberCell, SetMember};
use super::set::Set;
use crate::error::{Failures, Phase, ScopeError};
use crate::lock::Mutex;
use crate::member::{Borrowed, EnterState, Hold, Interruption, Root};
use crate::observe::MemberPath;
use crate::panic_log::PanicLog;
use alloc::sync::Arc;
use core::future::Future;
use core::mem::take;

/// A member that enters a set. If it is dropped before that, the set keeps the parts that had entered (law
/// `set-keeps`).
pub(super) struct Entering<'s, 'a, H: Hold + 'a> {
    set: &'s Set<'a>,
    /// `None` once the set has it.
    member: Option<Arc<MemberCell<H>>>,
    state: EnterState,
    failures: Failures,
}

impl<'s, 'a, H: Hold + 'a> Entering<'s, 'a, H> {
    /// Prepares to enter a member. Its parts that were entered from the start stay with the set from now on.
    pub(super) fn new(set: &'s Set<'a>, hold: H) -> Self {
        let state = EnterState::default();
        if hold.is_in() {
            state.note_entered();
        }
        let member = Some(Arc::new(MemberCell::new(hold, set.place_of_next())));
        Self { set, member, state, failures: Failures::default() }
    }

    /// Enters the member. If it fails, exits the parts that had entered.
    #[expect(clippy::manual_async_fn, reason = "the future of an `async fn` would have room for two of these")]
    pub(super) fn run(mut self) -> impl Future<Output = Result<Handle<'s, 'a, H::Guard>, ScopeError>> + Send {
        async move {
            let entering = &mut self;
            if let Some(guard) = entering.enter().await {
                return Ok(entering.add(guard));
            }
            let failures = match entering.leave() {
                Some(leaving) => entering.set.roll_back(leaving).await,
                None => take(&mut entering.failures),
            };
            Err(entering.set.not_entered(failures))
        }
    }

    /// Returns the guard if all has entered.
    async fn enter(&mut self) -> Option<H::Guard> {
        let (hold, place) = parts(&mut self.member)?;
        let panics = PanicLog::new();
        let root = Root::new(Borrowed(hold), &self.state, &panics);
        let mut entering = Lent { root, failures: &mut self.failures };
        entering.root.observe(place);
        if entering.root.enter_all().await { Some(entering.root.leave()) } else { None }
    }

    fn add(&mut self, guard: H::Guard) -> Handle<'s, 'a, H::Guard> {
        let member = self.member.take().expect("it is there until it is in");
        self.set.add(member, guard)
    }

    /// Takes the member out, to be rolled back.
    fn leave(&mut self) -> Option<Leaving<'a>> {
        let mut member = self.member.take()?;
        let place = Arc::get_mut(&mut member)?.parts().1.clone();
        let (state, failures) = (take(&mut self.state), take(&mut self.failures));
        let dropped = Arc::new(Mutex::default());
        let roll_back = RollBack { member: Some(member), state, failures, dropped: Arc::clone(&dropped) };
        Some(Leaving::new(place, roll_back.run(), dropped))
    }
}

impl<H: Hold> Drop for Entering<'_, '_, H> {
    fn drop(&mut self) {
        let Some((hold, _)) = parts(&mut self.member) else { return };
        self.state.note_cancelled();
        hold.interrupt(Interruption::EnterAborted);
        self.failures.append(hold.failures(Phase::Enter, None));
        if self.state.has_entered() {
            if let Some(leaving) = self.leave() {
                self.set.keep(leaving);
            }
        } else if let Some(member) = self.member.take() {
            let panics = PanicLog::new();
            self.failures.append(SetMember::new(member).dismiss());
            panics.keep_first(take(&mut self.failures));
        }
    }
}

/// The roll-back of a member that did not enter. It never panics, neither when it is polled nor when it is dropped.
struct RollBack<H: Hold> {
    /// `None` once it is over.
    member: Option<Arc<MemberCell<H>>>,
    state: EnterState,
    failures: Failures,
    /// The failures, if this is dropped.
    dropped: Arc<Mutex<Failures>>,
}

impl<H: Hold> RollBack<H> {
    async fn run(mut self) -> Failures {
        if let Some((hold, _)) = parts(&mut self.member) {
            let (panics, failures) = (PanicLog::new(), take(&mut self.failures));
            let root = Root::new(Borrowed(hold), &self.state, &panics);
            let mut exiting = Lent { root, failures: &mut self.failures };
            exiting.root.roll_back(failures).await;
        }
        self.dismiss()
    }

    fn dismiss(&mut self) -> Failures {
        let mut failures = take(&mut self.failures);
        if let Some(member) = self.member.take() {
            failures.append(SetMember::new(member).dismiss());
        }
        failures
    }
}

impl<H: Hold> Drop for RollBack<H> {
    fn drop(&mut self) {
        if let Some((hold, _)) = parts(&mut self.member) {
            hold.interrupt(Interruption::ExitDropped);
            self.failures.append(hold.failures(Phase::Exit, None));
            let failures = self.dismiss();
            self.dropped.lock().append(failures);
        }
    }
}

/// Returns the hold and the place of a member that is not in a set yet.
fn parts<H: Hold>(member: &mut Option<Arc<MemberCell<H>>>) -> Option<(&mut H, &MemberPath)> {
    Some(Arc::get_mut(member.as_mut()?)?.parts())
}

/// A root whose member stays when it is dropped, with its failures.
struct Lent<'e, 'p, H: Hold> {
    root: Root<'p, H>,
    failures: &'e mut Failures,
}

impl<H: Hold> Drop for Lent<'_, '_, H> {
    fn drop(&mut self) {
        let failures = self.root.leave_failed();
        if !failures.is_empty() {
            self.failures.append(failures);
        }
    }
}
