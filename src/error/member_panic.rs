use crate::lock::Mutex;
use crate::unwind::PanicPayload;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

/// A panic of a member's `enter` or `exit`, as an error among the [`Failures`](crate::Failures).
///
/// [`Scope::run`](crate::Scope::run) resumes it once every exit has ended; [`Scope::report`](crate::Scope::report)
/// returns it as this error.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
/// use withal::{MemberPanic, Outcome, Resource, Scope};
///
/// struct Fragile;
/// impl Resource for Fragile {
///     type Guard = ();
///     type Error = Infallible;
///     async fn enter(&mut self) -> Result<(), Infallible> {
///         panic!("out of cheese")
///     }
///     async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Infallible> {
///         Ok(())
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let report = Scope::new(Fragile).report(async |()| Ok::<_, Infallible>(())).await;
/// let failure = report.failures.into_iter().next().unwrap();
/// assert_eq!(failure.to_string(), "could not enter Fragile: panicked: out of cheese");
/// let panic = failure.into_error().downcast::<MemberPanic>().unwrap();
/// assert_eq!(panic.message(), "out of cheese");
/// assert_eq!(panic.into_payload().downcast_ref(), Some(&"out of cheese"));
/// # });
/// ```
pub struct MemberPanic(Arc<SharedPayload>);

/// The payload, shared with the error that an adaptor's function creates from the panic: the scope still resumes it.
struct SharedPayload {
    message: String,
    // A payload is `Send` only, and the lock makes it `Sync`.
    payload: Mutex<Option<PanicPayload>>,
}

impl MemberPanic {
    pub(crate) fn new(payload: PanicPayload) -> Self {
        Self(Arc::new(SharedPayload { message: payload.message().to_owned(), payload: Mutex::new(Some(payload)) }))
    }

    /// Returns a second handle of the same panic.
    pub(super) fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Takes the payload, or returns the message as the payload if it was taken already.
    pub(super) fn take_payload(&self) -> PanicPayload {
        let payload = self.0.payload.lock().take();
        payload.unwrap_or_else(|| PanicPayload::new(Box::new(self.0.message.clone())))
    }

    /// Returns the panic's message, or a substitute where its payload is no text.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the payload, for [`std::panic::resume_unwind`].
    ///
    /// A scope resumes a panic once. If the function of [`map_err`](crate::ResourceExt::map_err) takes the payload of a
    /// panic in its group, the scope resumes that panic with its message as a `String`.
    #[must_use]
    pub fn into_payload(self) -> Box<dyn core::any::Any + Send> {
        self.take_payload().into_inner()
    }
}

impl fmt::Debug for MemberPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemberPanic").field(&self.0.message).finish()
    }
}

impl fmt::Display for MemberPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.0.message)
    }
}

impl core::error::Error for MemberPanic {}
