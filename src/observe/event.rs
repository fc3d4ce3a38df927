use crate::error::Phase;
use crate::outcome::OutcomeKind;
use alloc::sync::Arc;

/// Observes scopes: a progress bar, a metric, a log, or a [`Timeline`](crate::Timeline).
///
/// Pass it to [`Scope::observe`](crate::Scope::observe).
///
/// # Order
///
/// `event` is called when something has just begun or ended, on the thread on which that happened, and within the poll
/// or the drop in which it happened. It runs while the scope waits, so it should return soon.
///
/// The first event of a scope is `ScopeBegan`, and the last one `ScopeEnded`. The events of one member come in their
/// order: `EnterBegan`, `EnterEnded`, `UpBegan`, `UpEnded`, `ExitBegan`, `ExitEnded`. A member that is not exited has
/// `Abandoned` instead of the events of its exit. A member that [works](crate::background()) has `UpEnded` as soon as
/// its work has failed, and is exited later. `Failed` and `PathChanged` can come at any place after the first. The
/// events of members that are driven on several threads, as those of an [`ExitPool`](crate::ExitPool) can be, can come
/// concurrently.
///
/// An end can come twice. A call that was dropped may turn out to have missed a deadline: it has ended as `Dropped`,
/// and then ends as [`Late`](PhaseEnd::Late). A body that has returned may panic when its future is dropped. The
/// greater one of the two counts.
///
/// # Panics
///
/// A panic of `event`, or of the observer's destructor, is caught: it reaches the panic hook, and nothing else. The
/// scope goes on as if it had no observer, and the observer receives the next event. Without the feature `std` panics
/// are not caught.
///
/// # Examples
///
/// A progress bar:
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
/// use withal::{Event, EventKind, Observe, PhaseEnd, ResourceExt, Scope, defer};
///
/// /// Prints `[##..]`: which part of the members is up.
/// struct Progress {
///     members: usize,
///     up: AtomicUsize,
/// }
///
/// impl Observe for Progress {
///     fn event(&self, event: &Event<'_>) {
///         match event.kind() {
///             EventKind::UpBegan => self.up.fetch_add(1, Relaxed),
///             EventKind::EnterEnded(PhaseEnd::Failed) => return println!("{} failed", event.name()),
///             _ => return,
///         };
///         let up = self.up.load(Relaxed);
///         println!("[{}{}] {}", "#".repeat(up), ".".repeat(self.members - up), event.name());
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let progress = Arc::new(Progress { members: 2, up: AtomicUsize::new(0) });
/// let members = (defer(async |_| Ok(())).named("db"), defer(async |_| Ok(())).named("cache"));
/// Scope::new(members).observe(&progress).run(async |_| anyhow::Ok(())).await?;
/// assert_eq!(progress.up.load(Relaxed), 2);
/// # anyhow::Ok(()) }).unwrap();
/// ```
pub trait Observe: Send + Sync {
    /// Receives an event of a scope.
    ///
    /// A scope that runs in here must not be observed by `self`: its events would come in here, without end.
    fn event(&self, event: &Event<'_>);
}

impl<O: Observe + ?Sized> Observe for Arc<O> {
    fn event(&self, event: &Event<'_>) {
        (**self).event(event);
    }
}

/// Both observe. The first one receives each event first. If it panics, the second one receives the event all the same.
impl<A: Observe, B: Observe> Observe for (A, B) {
    fn event(&self, event: &Event<'_>) {
        super::quietly(|| self.0.event(event));
        self.1.event(event);
    }
}

/// An event of a scope, of its body or of a member, as an [`Observe`] receives it.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    pub(super) scope: usize,
    pub(super) scope_name: &'a str,
    pub(super) member: Option<(usize, &'a [usize], &'a str)>,
    pub(super) kind: EventKind<'a>,
}

impl<'a> Event<'a> {
    /// Returns what has happened.
    #[must_use]
    pub fn kind(&self) -> EventKind<'a> {
        self.kind
    }

    /// Returns the number of the scope. No other scope of this process has it.
    #[must_use]
    pub fn scope(&self) -> usize {
        self.scope
    }

    /// Returns the name of the scope's resource.
    #[must_use]
    pub fn scope_name(&self) -> &'a str {
        self.scope_name
    }

    /// Returns the number of the member, by which its events can be told apart from those of the other members of the
    /// scope: its path can change. `None` if it is an event of the scope or its body.
    #[must_use]
    pub fn member(&self) -> Option<usize> {
        self.member.map(|(number, ..)| number)
    }

    /// Returns the member's position, as in a [`Failure`](crate::Failure). It is empty if it is an event of the scope
    /// or its body.
    ///
    /// The position of a member of an [`ExitStack`](crate::ExitStack) or [`ExitPool`](crate::ExitPool) is known once it
    /// has entered. Until then this is the position of the set.
    #[must_use]
    pub fn path(&self) -> &'a [usize] {
        self.member.map_or(&[], |(_, path, _)| path)
    }

    /// Returns the member's name, as in a [`Failure`](crate::Failure), or the scope's name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.member.map_or(self.scope_name, |(.., name)| name)
    }
}

/// Events to test an observer of your own with.
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
impl<'a> Event<'a> {
    /// Creates an event of a scope with this number and name, or of its body.
    #[must_use]
    pub fn new(scope: usize, scope_name: &'a str, kind: EventKind<'a>) -> Self {
        Self { scope, scope_name, member: None, kind }
    }

    /// Creates the same event of a member with this number, path and name.
    #[must_use]
    pub fn of_member(self, number: usize, path: &'a [usize], name: &'a str) -> Self {
        Self { member: Some((number, path, name)), ..self }
    }
}

/// The kind of an [`Event`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind<'a> {
    /// The scope was polled for the first time.
    ScopeBegan,
    /// The scope is over. The outcome is the one that its exits received, or `Cancelled` if the scope was dropped
    /// before.
    ScopeEnded(OutcomeKind),
    /// The body was called.
    BodyBegan,
    /// The body has returned or panicked, or was dropped.
    BodyEnded(PhaseEnd),
    /// The member's enter was called.
    EnterBegan,
    /// The member's enter has returned or panicked, or was dropped.
    EnterEnded(PhaseEnd),
    /// The member is up: it has entered. A member that had entered before it came into this scope, as one in a filled
    /// [`ExitStack`](crate::ExitStack), has none of the events before its exit, except that its work has failed.
    UpBegan,
    /// The member is not up any more: `Done` if it is about to be exited, and `Dropped` if it is about to be abandoned.
    /// `Failed` or `Panicked` if its work has failed: that of a [`background`](crate::background()), or of a
    /// [`watch`](crate::ResourceExt::watch). The watch of a group is at the group's own path. A member that was moved
    /// out of the scope has no such event here, nor has one whose guard the body took away.
    UpEnded(PhaseEnd),
    /// The member's exit was called, with this outcome.
    ExitBegan(OutcomeKind),
    /// The member's exit has returned or panicked, or was dropped.
    ExitEnded(PhaseEnd),
    /// The member is about to be abandoned, because the scope was dropped or abandoned, or because its exit could not
    /// begin in time.
    Abandoned,
    /// The text of the error, the panic or the missed deadline of the member's enter or exit, or of its work. It comes
    /// once all enters, or all exits, have ended, or the body was given up.
    Failed(Phase, &'a str),
    /// The member has a new [path](Event::path): it has got its position in an [`ExitStack`](crate::ExitStack) or
    /// [`ExitPool`](crate::ExitPool).
    PathChanged,
}

/// How an enter, an exit, the body, or the time that a member is up has ended, in order of increasing severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PhaseEnd {
    /// It succeeded.
    Done,
    /// It was dropped in flight.
    Dropped,
    /// It was dropped in flight because its deadline had elapsed.
    Late,
    /// It returned an error.
    Failed,
    /// It panicked.
    Panicked,
}
