//! What an observer is told of an owned scope.

use std::sync::{Arc, Mutex};
use withal::{Event, Observe, Scope, defer};
use withal_common::{reaper, run};

/// The events of a scope, with the positions of members.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Observe for Seen {
    fn event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(format!("{:?}{:?}", event.path(), event.kind()));
    }
}

impl Seen {
    fn line(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).join(" ")
    }
}

const OPENED: &str = "[]ScopeBegan [0]EnterBegan [0]EnterEnded(Done) [0]UpBegan";

#[test]
fn observed_from_open_to_close() {
    let seen = Seen::default();
    let members = || (defer(async |_| Ok(())), ());
    let opened = run(Scope::new(members()).observe(&seen).open()).unwrap();
    assert_eq!(seen.line(), OPENED);
    run(opened.close()).unwrap();
    let closed = "[0]UpEnded(Done) [0]ExitBegan(Completed) [0]ExitEnded(Done) []ScopeEnded(Completed)";
    assert_eq!(seen.line(), closed);

    drop(run(Scope::new(members()).observe(&seen).open()).unwrap());
    assert_eq!(seen.line(), format!("{OPENED} [0]UpEnded(Dropped) [0]Abandoned []ScopeEnded(Cancelled)"));

    let (reaper, tasks) = reaper();
    drop(run(Scope::new(members()).observe(&seen).on(&reaper).open()).unwrap());
    assert_eq!(seen.line(), OPENED);
    tasks.run();
    let closed = "[0]UpEnded(Done) [0]ExitBegan(Cancelled) [0]ExitEnded(Done) []ScopeEnded(Cancelled)";
    assert_eq!(seen.line(), closed);

    let failing = (defer(async |_| Ok(())), withal::resource(async || Err::<(), _>("no".into()), async |(), _| Ok(())));
    run(Scope::new(failing).observe(&seen).open()).unwrap_err();
    assert!(seen.line().ends_with("[0]ExitBegan(EnterFailed) [0]ExitEnded(Done) []ScopeEnded(EnterFailed)"));
}
