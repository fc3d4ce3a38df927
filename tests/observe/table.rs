//! A timeline by a clock that is moved by hand, and what it shows, one line for each row.

use std::fmt::Write;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::task::Poll;
use std::time::Duration;
use withal::timeline::{End, MemberRecord, ScopeRecord, Span};
use withal::{Phase, Timeline};

/// The clock, in milliseconds.
#[derive(Clone, Default)]
pub struct Hand(Arc<AtomicU64>);

impl Hand {
    pub fn timeline(&self) -> Timeline {
        let hand = self.clone();
        Timeline::with_clock(move || Duration::from_millis(hand.0.load(SeqCst)))
    }

    pub fn now(&self) -> u64 {
        self.0.load(SeqCst)
    }

    pub fn tick(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    /// Polls, and lets some time pass.
    pub fn poll<F: Future + ?Sized>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        let polled = crate::world::poll(future);
        self.tick();
        polled
    }

    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        for _ in 0..100 {
            if let Poll::Ready(output) = self.poll(future.as_mut()) {
                return output;
            }
        }
        panic!("it hangs");
    }
}

/// The scopes, each with its body and members: `[1] a: enter 0-2, exit 4-5 Failed told Completed: no luck`.
pub fn lines(timeline: &Timeline) -> Vec<String> {
    timeline.scopes().iter().flat_map(scope).collect()
}

fn scope(scope: &ScopeRecord) -> Vec<String> {
    let closed = scope.closed().map_or(String::new(), |at| at.as_millis().to_string());
    let outcome = scope.outcome().map_or("open".to_owned(), |outcome| format!("{outcome:?}"));
    let mut lines = vec![format!("{} {}-{closed} {outcome}", scope.name(), scope.opened().as_millis())];
    lines.extend(scope.body().map(|body| format!("body{}", span(body))));
    lines.extend(scope.members().iter().map(member));
    lines
}

fn member(member: &MemberRecord) -> String {
    let mut line = format!("{:?} {}:", member.path(), member.name());
    for (phase, word, of) in [(Phase::Enter, " enter", member.enter()), (Phase::Exit, ", exit", member.exit())] {
        let words = member.error(phase);
        if of.is_some() || words.is_some() {
            line += word;
        }
        line += &of.map_or(String::new(), span);
        if let Some(told) = member.told().filter(|_| phase == Phase::Exit) {
            write!(line, " told {told:?}").unwrap();
        }
        line += &words.map_or(String::new(), |words| format!(" ({words})"));
    }
    line + &member.abandoned().map_or(String::new(), |at| format!(", abandoned at {}", at.as_millis()))
}

fn span(span: Span) -> String {
    let end = span.end().map_or(String::new(), |end| end.as_millis().to_string());
    let how = span.ended().filter(|end| *end != End::Done).map_or(String::new(), |end| format!(" {end:?}"));
    format!(" {}-{end}{how}", span.start().as_millis())
}
