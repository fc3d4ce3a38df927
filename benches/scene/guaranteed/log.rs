use crate::scene::{Failed, Failure, Payload, Told, What};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use withal::Phase;

/// What went wrong so far, the earliest first.
///
/// It is the first local of a frame and goes last: if the frame is dropped, it resumes the first panic.
#[derive(Default)]
pub(in crate::scene) struct Log {
    list: Mutex<Vec<Failure>>,
    /// That of the enters, once exits borrow from it.
    enters: OnceLock<Vec<Failure>>,
}

impl Log {
    fn list(&self) -> MutexGuard<'_, Vec<Failure>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    pub(in crate::scene) fn push(&self, member: Option<usize>, phase: Phase, what: What) {
        self.list().push(Failure { member, phase, what });
    }

    /// Drops a body that does not run.
    #[cold]
    pub(in crate::scene) fn discard<T>(&self, body: T) {
        self.enters();
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(body))) {
            self.push(None, Phase::Exit, payload.into());
        }
    }

    fn enters(&self) -> &[Failure] {
        self.enters.get_or_init(|| std::mem::take(&mut self.list()))
    }

    /// Decides what the exits are told when the body returned nothing: it panicked, or it did not run.
    #[cold]
    pub(in crate::scene) fn told(&self) -> Told<'_> {
        match self.enters() {
            [Failure { what: What::Error(first), .. }, ..] if !self.enters().iter().any(Failure::is_panic) => {
                Told::EnterFailed(first)
            }
            _ => Told::Panicked,
        }
    }

    /// Takes all that went wrong.
    pub(in crate::scene) fn end(&mut self) -> Vec<Failure> {
        let late = std::mem::take(self.list.get_mut().unwrap_or_else(PoisonError::into_inner));
        match self.enters.take() {
            None => late,
            Some(early) => early.into_iter().chain(late).collect(),
        }
    }

    /// What the scope returns: what the body returned as it is, if nothing else failed.
    #[inline]
    pub(in crate::scene) fn into_result(mut self, body: Option<Result<u64, Failed>>) -> Result<u64, Failed> {
        match body {
            Some(result) if self.is_empty() => result,
            body => Report { body, failures: self.end() }.into_result(),
        }
    }

    #[inline]
    fn is_empty(&mut self) -> bool {
        self.enters.get().is_none() && self.list.get_mut().is_ok_and(|list| list.is_empty())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if !self.is_empty() && !std::thread::panicking() {
            resume_first(self.end());
        }
    }
}

/// Everything that happened: the body's value or error beside all that went wrong.
pub struct Report {
    pub body: Option<Result<u64, Failed>>,
    pub failures: Vec<Failure>,
}

impl Report {
    /// Resumes the first panic, the body's before all others; else the body's error as it is, if nothing else failed.
    pub fn into_result(self) -> Result<u64, Failed> {
        match self.body {
            Some(result) if self.failures.is_empty() => result,
            body => Self::settle(body, self.failures),
        }
    }

    #[cold]
    fn settle(body: Option<Result<u64, Failed>>, failures: Vec<Failure>) -> Result<u64, Failed> {
        let failures = resume_first(failures);
        Err(Failed::ByHand { body: body.and_then(Result::err).map(Box::new), failures })
    }
}

/// Resumes the first panic of the body, or else of a member, if there is one.
#[cold]
fn resume_first(mut failures: Vec<Failure>) -> Vec<Failure> {
    let of_body = failures.iter().position(|failure| failure.is_panic() && failure.member.is_none());
    if let Some(index) = of_body.or_else(|| failures.iter().position(Failure::is_panic)) {
        if let What::Panic(payload) = failures.remove(index).what {
            resume(payload.into_inner().unwrap_or_else(PoisonError::into_inner), failures);
        }
    }
    failures
}

/// Resumes a panic. The rest goes first: a second panic in the middle would abort the process.
fn resume(payload: Payload, rest: Vec<Failure>) -> ! {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(rest))) {
        std::mem::forget(second);
    }
    resume_unwind(payload)
}
