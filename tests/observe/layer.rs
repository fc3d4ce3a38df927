//! A layer that writes down what happens to spans, one line each, and minds that they are entered in turn.
//!
//! | line | what happened |
//! |---|---|
//! | `new exit [0] name=a outcome=Completed in scope tuple` | a span was made, below that one |
//! | `> exit [0]`, `< exit [0]` | it was entered, and exited |
//! | `exit [0] error=no luck` | a field was recorded |
//! | `end exit [0]` | it was closed |
//! | `* hello in exit [0]` | an event, and its span |

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::ThreadId;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    lines: Vec<String>,
    /// By their numbers, which tell which was made first.
    open: BTreeMap<usize, String>,
    made: usize,
    entered: Vec<(ThreadId, Id)>,
    wrong: Vec<String>,
}

/// The number of a span, and what it is called in the lines.
struct Label(usize, String);

impl Log {
    /// Runs a scene under this layer. Afterwards no span may be open.
    pub fn of(scene: impl FnOnce(&Log)) -> Self {
        let log = Self::default();
        log.run(|| scene(&log));
        log.check();
        log
    }

    pub fn run<T>(&self, scene: impl FnOnce() -> T) -> T {
        // A span that another thread meets for the first time, just before this subscriber is there, would stay off.
        static KEPT: OnceLock<Dispatch> = OnceLock::new();
        KEPT.get_or_init(|| Dispatch::new(Self::default().subscriber()));
        tracing::subscriber::with_default(self.subscriber(), scene)
    }

    pub fn subscriber(&self) -> impl Subscriber + Send + Sync + 'static {
        tracing_subscriber::registry().with(self.clone())
    }

    pub fn check(&self) {
        let state = self.state();
        assert!(state.wrong.is_empty(), "{:#?}, in {:#?}", state.wrong, state.lines);
        assert!(state.entered.is_empty(), "still entered: {:?}, in {:#?}", state.entered, state.lines);
        assert!(state.open.is_empty(), "still open: {:?}, in {:#?}", state.open, state.lines);
    }

    /// The spans that are open, in the order in which they were made.
    pub fn open(&self) -> Vec<String> {
        self.state().open.values().cloned().collect()
    }

    pub fn lines(&self) -> Vec<String> {
        self.state().lines.clone()
    }

    /// The lines that begin like this.
    pub fn that(&self, begin: &[&str]) -> Vec<String> {
        let mut lines = self.lines();
        lines.retain(|line| begin.iter().any(|begin| line.starts_with(begin)));
        lines
    }

    /// The errors that were recorded, and the outcomes of scopes.
    pub fn recorded(&self) -> Vec<String> {
        let mut lines = self.lines();
        lines.retain(|line| ["enter ", "exit ", "scope "].iter().any(|begin| line.starts_with(begin)));
        lines
    }

    /// What happened since the last call.
    pub fn news(&self) -> Vec<String> {
        std::mem::take(&mut self.state().lines)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, line: impl Into<String>) {
        self.state().lines.push(line.into());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Log {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let fields = Fields::of(|fields| attributes.record(fields));
        let called = fields.path.as_ref().or(fields.name.as_ref()).map_or("", |text| text);
        let label = format!("{} {called}", span.name()).trim_end().to_owned();
        let parent = span.parent().map_or("-".to_owned(), |parent| label_of(&parent));
        self.write(format!("new {label}{} in {parent}", fields.rest));
        let mut state = self.state();
        state.made += 1;
        let number = state.made;
        state.open.insert(number, label.clone());
        span.extensions_mut().insert(Label(number, label));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let fields = Fields::of(|fields| values.record(fields));
        self.write(format!("{}{}", label_of(&context.span(id).unwrap()), fields.rest));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let fields = Fields::of(|fields| event.record(fields));
        let path = fields.path.map_or(String::new(), |path| format!(" {path}"));
        let span = context.event_span(event).map_or("-".to_owned(), |span| label_of(&span));
        self.write(format!("* {}{path}{} in {span}", fields.message, fields.rest));
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        self.write(format!("> {}", label_of(&span)));
        let thread = std::thread::current().id();
        let mut state = self.state();
        let below: Vec<_> = span.scope().map(|above| above.id()).collect();
        for (where_, entered) in state.entered.clone() {
            let other = context.span(&entered).unwrap();
            if where_ == thread && matches!(other.name(), "enter" | "exit") && !below.contains(&entered) {
                let wrong = format!("{} was entered within {}", label_of(&span), label_of(&other));
                state.wrong.push(wrong);
            }
        }
        state.entered.push((thread, id.clone()));
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let label = label_of(&context.span(id).unwrap());
        self.write(format!("< {label}"));
        let thread = std::thread::current().id();
        let mut state = self.state();
        let last = state.entered.iter().rposition(|(entered_on, _)| *entered_on == thread);
        match last {
            Some(last) if state.entered[last].1 == *id => drop(state.entered.remove(last)),
            _ => state.wrong.push(format!("{label} was exited out of turn")),
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let label = label_of(&span);
        self.write(format!("end {label}"));
        let mut state = self.state();
        if state.entered.iter().any(|(_, entered)| *entered == id) {
            state.wrong.push(format!("{label} was closed while it was entered"));
        }
        state.open.remove(&span.extensions().get::<Label>().unwrap().0);
    }
}

fn label_of<'a, R: LookupSpan<'a>>(span: &SpanRef<'a, R>) -> String {
    span.extensions().get::<Label>().unwrap().1.clone()
}

/// The fields of a span or an event, apart from those that the lines have a place for.
#[derive(Default)]
struct Fields {
    path: Option<String>,
    name: Option<String>,
    message: String,
    rest: String,
}

impl Fields {
    fn of(record: impl FnOnce(&mut Self)) -> Self {
        let mut fields = Self::default();
        record(&mut fields);
        fields
    }

    fn add(&mut self, field: &str, value: String) {
        match field {
            "message" => self.message = value,
            "path" => self.path = Some(value),
            _ => write!(self.rest, " {field}={value}").unwrap(),
        }
        if field == "name" {
            self.name = self.rest.strip_prefix(" name=").map(str::to_owned);
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), format!("{value:?}"));
    }
}
