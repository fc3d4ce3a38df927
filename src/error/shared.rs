//! Failures that several scopes receive.

use super::{BoxError, Failure, Failures, MemberPanic, words};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error;
use core::fmt;

/// An error that several failures share. The failures return the error itself.
pub(super) struct CommonError(Arc<BoxError>);

impl CommonError {
    pub(super) fn get(&self) -> &(dyn Error + Send + Sync + 'static) {
        &**self.0
    }

    /// Returns the error itself, if nobody else shares it.
    pub(super) fn into_error(self) -> BoxError {
        Arc::try_unwrap(self.0).unwrap_or_else(|shared| Box::new(Self(shared)))
    }
}

impl fmt::Debug for CommonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for CommonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for CommonError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl Failures {
    /// Returns failures that can be copied.
    pub(crate) fn into_shared(mut self) -> Self {
        if !self.is_empty() {
            for failure in self.list.as_mut_vec() {
                let error = core::mem::replace(&mut failure.error, Box::new(fmt::Error));
                failure.error = match error.downcast::<MemberPanic>() {
                    Ok(panic) => panic,
                    Err(error) => Box::new(CommonError(Arc::new(error))),
                };
            }
        }
        self
    }

    /// Returns a copy of failures that are shared. One of the copies resumes a panic with its payload, and the others
    /// with its message.
    pub(crate) fn copy(&self) -> Self {
        let mut copy = Self::default();
        for failure in self {
            copy.list.push(failure.copy());
        }
        copy
    }
}

impl Failure {
    fn copy(&self) -> Self {
        let error: BoxError = if let Some(panic) = self.error.downcast_ref::<MemberPanic>() {
            Box::new(panic.share())
        } else if let Some(shared) = self.error.downcast_ref::<CommonError>() {
            Box::new(CommonError(Arc::clone(&shared.0)))
        } else {
            words(&*self.error).into()
        };
        Self {
            path: self.path.clone(),
            name: self.name.clone(),
            first_name: self.first_name,
            phase: self.phase,
            error,
            stamp: self.stamp,
            attempts: self.attempts,
            kept_panic: self.kept_panic.as_ref().map(|kept| Box::new(kept.share())),
        }
    }
}
