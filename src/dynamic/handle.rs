use super::member::PlaceOfGuard;
use super::set::Set;
use super::taken::Taken;
use crate::error::ScopeError;
use crate::work::Attendance;
use alloc::sync::Arc;
use core::fmt;
use core::ops::{Deref, DerefMut};
use core::panic::AssertUnwindSafe;

/// The borrowed guard of a member of an [`ExitStack`](crate::ExitStack) or [`ExitPool`](crate::ExitPool). Returned by
/// [`OpenStack::enter`](crate::OpenStack::enter).
///
/// It derefs to the guard. If it is dropped, the guard returns to the set, and the member stays in it until the set
/// exits. Its own methods are associated functions, so that they do not shadow those of the guard.
///
/// If a handle is forgotten (`mem::forget`), its guard is lost. The member cannot be exited then, which is reported as
/// a failure.
pub struct Handle<'s, 'a, G> {
    set: &'s Set<'a>,
    number: usize,
    place: PlaceOfGuard<'a, G>,
    guard: Option<G>,
}

impl<'s, 'a, G> Handle<'s, 'a, G> {
    pub(super) fn new(set: &'s Set<'a>, number: usize, place: PlaceOfGuard<'a, G>, guard: G) -> Self {
        Self { set, number, place, guard: Some(guard) }
    }

    /// Exits the member now, before the others, with the outcome `Released`, and waits for the exit (law
    /// [`early-once`](crate::laws#early-once)).
    ///
    /// # Errors
    ///
    /// The failures of the exit, as a [`ScopeError`] of kind [`Set`](crate::ScopeErrorKind::Set). They are returned
    /// here, and not again when the set exits.
    ///
    /// # Panics
    ///
    /// Resumes a panic of the exit, when the exit has ended.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before its first poll, the member stays. If it is dropped after that, the exit
    /// continues when the set settles ([`OpenStack::settle`](crate::OpenStack::settle)) or exits, which reports its
    /// failures.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{ExitStack, Handle, ResourceExt};
    ///
    /// # futures::executor::block_on(async {
    /// ExitStack::new()
    ///     .scope(async |stack| {
    ///         let lock = stack.defer(async |outcome| Ok(println!("unlocked: {outcome:?}")));
    ///         let table = stack.adopt(vec!["a row"], async |rows, _| Ok(println!("{rows:?}")));
    ///         Handle::exit(lock).await?; // the table is still in
    ///         anyhow::Ok(assert_eq!(*table, ["a row"]))
    ///     })
    ///     .await?;
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    pub async fn exit(handle: Self) -> Result<(), ScopeError> {
        let (set, number) = (handle.set, handle.number);
        drop(handle);
        set.release(number).await
    }

    /// Moves the member out of the set. The new owner exits it, and not the set (law [`moved`](crate::laws#moved)).
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{ExitStack, Handle, Outcome, ResourceExt, Taken};
    ///
    /// # futures::executor::block_on(async {
    /// let taken = ExitStack::new()
    ///     .scope(async |stack| {
    ///         let rows = stack.adopt(vec!["a row"], async |rows, _| Ok(println!("{rows:?}")));
    ///         anyhow::Ok(Handle::take(rows))
    ///     })
    ///     .await?;
    /// assert_eq!(*taken, ["a row"]); // it is still entered
    /// Taken::exit(taken, Outcome::Completed).await?;
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    pub fn take(handle: Self) -> Taken<'a, G> {
        handle.into_taken()
    }

    fn into_taken(mut self) -> Taken<'a, G> {
        let member = self.set.remove(self.number).expect("the member of a handle is in");
        member.shared().attend(&Attendance::default()); // its work is no longer that of the scope
        let guard = self.guard.take().expect("the guard is with the handle");
        Taken::new(member, AssertUnwindSafe(Arc::clone(&self.place)), guard)
    }
}

impl<G> Deref for Handle<'_, '_, G> {
    type Target = G;

    fn deref(&self) -> &G {
        self.guard.as_ref().expect("the guard is with the handle")
    }
}

impl<G> DerefMut for Handle<'_, '_, G> {
    fn deref_mut(&mut self) -> &mut G {
        self.guard.as_mut().expect("the guard is with the handle")
    }
}

impl<G: fmt::Debug> fmt::Debug for Handle<'_, '_, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&**self).finish()
    }
}

impl<G> Drop for Handle<'_, '_, G> {
    fn drop(&mut self) {
        if let Some(guard) = self.guard.take() {
            self.place.put(guard);
        }
    }
}
