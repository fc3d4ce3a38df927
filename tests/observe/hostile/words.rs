//! Names, errors and texts that panic.

use crate::world::{once, quiet, run};
use std::fmt;
use withal::{Outcome, Resource, ResourceExt, Scope};

/// It panics wherever it is asked for words, and fails to exit.
struct Nameless;

#[derive(Debug)]
struct Wordless;

impl fmt::Display for Wordless {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("the words, as scripted");
    }
}

impl std::error::Error for Wordless {}

impl Resource for Nameless {
    type Guard = ();
    type Error = Wordless;

    async fn enter(&mut self) -> Result<(), Wordless> {
        once().await;
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Wordless> {
        once().await;
        Err(Wordless)
    }

    fn name(&self) -> &str {
        panic!("the name, as scripted");
    }
}

/// The body's error, which panics when it is printed.
struct Unprintable;

impl fmt::Debug for Unprintable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("the print, as scripted");
    }
}

const ERROR: &str = "(its message panicked: the words, as scripted); panicked: the name, as scripted";

/// The failures are those that there are without observers: the error, and the panic of the name.
fn check<R: Resource>(scope: Scope<R>) {
    quiet();
    let report = run(scope.report(async |_| Err::<(), _>(Unprintable)));
    assert!(matches!(report.body, Some(Err(Unprintable))));
    assert_eq!(report.failures.len(), 2);
}

#[cfg(feature = "timeline")]
#[test]
fn on_a_timeline() {
    let timeline = withal::Timeline::new();
    check(Scope::new((Nameless, crate::world::ready("a"))).observe(&timeline));
    let members = timeline.members();
    assert_eq!((members[0].name(), members[0].error(withal::Phase::Exit)), ("Nameless", Some(ERROR)));

    // Alone, it gives the scope its name, too.
    let timeline = withal::Timeline::new();
    check(Scope::new(Nameless).observe(&timeline));
    assert_eq!(timeline.scopes()[0].name(), "Nameless");
}

#[cfg(feature = "tracing")]
#[test]
fn in_spans() {
    let log = crate::layer::Log::of(|_| check(Scope::new((Nameless, crate::world::ready("a")))));
    assert_eq!(log.that(&["exit"]), [format!("exit [0] error={ERROR}")]);
    let scope = "scope tuple error=(its message panicked); could not exit [0] Nameless: ";
    assert!(log.recorded().last().unwrap().starts_with(scope), "{:?}", log.recorded());
}

/// Nobody observes: the name is asked for once, for the failure.
#[test]
fn unobserved() {
    check(Scope::new((Nameless, crate::world::ready("a"))));
    check(Scope::new(Nameless.named("named")));
}
