//! Members whose own code panics where nobody expects it: law `panic-anywhere`.

use std::fmt;
use withal::{BoxError, MemberPanic, Outcome, OutcomeKind, Resource, ResourceExt, Scope, ScopeError};
use withal_common::{Log, panic_of, run};

/// A member that fails to exit, and whose name or error may panic.
struct Hostile<E> {
    error: Option<E>,
    name: fn() -> &'static str,
}

impl<E> Hostile<E> {
    fn new(error: E) -> Self {
        Self { error: Some(error), name: || "hostile" }
    }
}

impl<E: Into<BoxError> + Send> Resource for Hostile<E> {
    type Guard = ();
    type Error = E;

    async fn enter(&mut self) -> Result<(), E> {
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), E> {
        self.error.take().map_or(Ok(()), Err)
    }

    fn name(&self) -> &str {
        (self.name)()
    }
}

/// An error that cannot say what it is.
#[derive(Debug)]
struct Mute;

impl fmt::Display for Mute {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no words")
    }
}

impl std::error::Error for Mute {}

/// An error that cannot become a boxed one.
struct Unboxable;

impl From<Unboxable> for BoxError {
    fn from(_: Unboxable) -> Self {
        panic!("no box")
    }
}

/// The text of the panic that a scope resumes at its end.
fn resumed<T>(scope: impl Future<Output = T>) -> String {
    panic_of(|| run(scope)).unwrap()
}

#[test]
fn panic_anywhere_in_the_display_of_an_error() {
    let log = Log::default();
    let group = (Hostile::new(Mute), log.slow(1), Hostile::new(String::from("plain")));
    let error = run(group.scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "could not exit [2] hostile: plain; could not exit [0] hostile: (its message panicked: no words)"
    );
    assert_eq!(log.take(), ["enter 1", "exit 1, Completed"]);
    assert!(error.failures().iter().next().unwrap().error().is::<Mute>());
}

/// The body's error, where it is a part of the text.
#[test]
fn panic_anywhere_in_the_display_of_the_bodys_error() {
    let group = (Hostile::new("plain"),);
    let error = run(group.scope(async |_| Err::<(), BoxError>(Mute.into()))).unwrap_err();
    assert_eq!(error.to_string(), "(its message panicked: no words); could not exit [0] hostile: plain");
}

/// Under `scope_local` the body's error is kept as its `Debug` text, or, without one, by the name of its type.
#[test]
fn panic_anywhere_in_the_debug_of_a_local_bodys_error() {
    struct Shy(Option<ScopeError>);
    impl fmt::Debug for Shy {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("no words")
        }
    }
    impl From<ScopeError> for Shy {
        fn from(error: ScopeError) -> Self {
            Self(Some(error))
        }
    }

    let result = run(Hostile::new("plain").scope_local(async |()| Err::<(), _>(Shy(None))));
    let Err(Shy(Some(error))) = result else { panic!("body and exit failed") };
    let body = error.body().unwrap().to_string();
    assert!(body.ends_with("::Shy"), "{body}");
    assert_eq!(error.to_string(), format!("{body}; could not exit hostile: plain"));
}

#[test]
fn panic_anywhere_in_a_name() {
    let log = Log::default();
    let nameless = || Hostile { name: || panic!("no name"), ..Hostile::new("plain") };
    let report = run(Scope::new((log.slow(1), nameless())).report(async |_| Ok::<_, ScopeError>(1)));
    assert_eq!(
        report.failures.to_string(),
        "could not exit [1] Hostile: plain; could not exit [1] Hostile: panicked: no name",
        "the name of its type serves instead"
    );
    assert_eq!(report.body.unwrap().unwrap(), 1);
    assert_eq!(log.take(), ["enter 1", "exit 1, Completed"]);

    assert_eq!(resumed(nameless().scope(async |()| anyhow::Ok(()))), "no name");
}

/// A name that nobody asks for is not asked for.
#[test]
fn panic_anywhere_in_a_name_but_all_is_well() {
    let well = Hostile::<String> { error: None, name: || panic!("no name") };
    run((well, ()).scope(async |_| anyhow::Ok(()))).unwrap();
}

#[test]
fn panic_anywhere_in_the_conversion_of_an_error() {
    let log = Log::default();
    let group = (Hostile::new(Unboxable), log.slow(1), Hostile::new("plain"));
    let report = run(Scope::new(group).report(async |_| Ok::<_, ScopeError>(1)));
    let texts: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["could not exit [0] hostile: panicked: no box", "could not exit [2] hostile: plain"]);
    assert_eq!(log.take(), ["enter 1", "exit 1, Completed"]);
    assert!(report.failures.into_iter().next().unwrap().error().is::<MemberPanic>());
}

/// Law `first-is-first`: it failed when its exit did, and not when its error was converted.
#[test]
fn panic_anywhere_in_the_conversion_of_the_first_error() {
    let group = (Hostile::new("plain"), Hostile::new(Unboxable));
    let failures = run(Scope::new(group).report(async |_| Ok::<_, ScopeError>(1))).failures;
    assert_eq!(failures.first().unwrap().to_string(), "could not exit [1] hostile: panicked: no box");
}

/// While it enters, that is a panic of an enter: the others are told so.
#[test]
fn panic_anywhere_in_the_conversion_of_an_enters_error() {
    struct Refuses;
    impl Resource for Refuses {
        type Guard = ();
        type Error = Unboxable;
        async fn enter(&mut self) -> Result<(), Unboxable> {
            Err(Unboxable)
        }
        async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Unboxable> {
            Ok(())
        }
    }

    let log = Log::default();
    let report = run(Scope::new((log.slow(1), Refuses)).report(async |_| Ok::<_, ScopeError>(())));
    assert_eq!(report.failures.to_string(), "could not enter [1] Refuses: panicked: no box");
    assert!(report.body.is_none());
    assert_eq!(log.take(), ["enter 1", &format!("exit 1, {:?}", OutcomeKind::Panicked)]);
}

/// Where the body's error is converted, all exits have ended.
#[test]
fn panic_anywhere_in_the_conversion_of_the_bodys_error() {
    #[derive(Debug)]
    struct Stubborn;
    impl From<ScopeError> for Stubborn {
        fn from(_: ScopeError) -> Self {
            panic!("no way in")
        }
    }
    impl From<Stubborn> for BoxError {
        fn from(_: Stubborn) -> Self {
            panic!("no way out")
        }
    }

    let log = Log::default();
    let group = (log.slow(1), Hostile::new("plain"));
    assert_eq!(resumed(group.scope(async |_| Err::<(), _>(Stubborn))), "no way out");
    assert_eq!(log.take(), ["enter 1", "exit 1, Failed"]);

    let group = (log.slow(1), Hostile::new("plain"));
    assert_eq!(resumed(group.scope(async |_| Ok::<_, Stubborn>(()))), "no way in");
    assert_eq!(log.take(), ["enter 1", "exit 1, Completed"]);
}
