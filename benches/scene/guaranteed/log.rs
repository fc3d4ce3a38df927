use crate::scene::{Failed, Failure, Payload, Told, What};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};
use withal::Phase;

/// What went wrong so far, the earliest first.
///
/// It is the first local of a frame and goes last: if the frame is dropped, it resumes the first panic.
#[derive(Default)]
pub(super) struct Log(Mutex<Vec<Failure>>);

impl Log {
    #[cold]
    pub(super) fn push(&self, member: Option<usize>, phase: Phase, what: What) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Failure { member, phase, what });
    }

    /// Takes what there is while members still have this log.
    #[cold]
    pub(super) fn take(&self) -> Vec<Failure> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Drops a body that does not run.
    #[cold]
    pub(super) fn discard<T>(&self, body: T) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(body))) {
            self.push(None, Phase::Exit, payload.into());
        }
    }

    /// Takes all that went wrong: what the log has comes after what was taken from it.
    pub(super) fn end(&mut self, mut taken: Vec<Failure>) -> Vec<Failure> {
        let left = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !left.is_empty() {
            taken.append(left);
        }
        taken
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let failures = self.end(Vec::new());
        if !failures.is_empty() && !std::thread::panicking() {
            resume_first(failures);
        }
    }
}

/// Decides what the exits are told.
pub(super) fn told<'a>(returned: Option<&'a Result<u64, Failed>>, panicked: bool, failures: &'a [Failure]) -> Told<'a> {
    match (returned, failures) {
        (Some(result), _) if !panicked => Told::of(result),
        (None, [Failure { what: What::Error(first), .. }, ..]) if !failures.iter().any(Failure::is_panic) => {
            Told::EnterFailed(first)
        }
        _ => Told::Panicked,
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
