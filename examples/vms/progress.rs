//! A bar on the terminal for each machine, which a scope's observer draws: it boots, is up, stops, or has failed.

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use withal::{Event, EventKind, Observe, PhaseEnd};

const TICK: Duration = Duration::from_millis(100);

/// The bars, on stderr.
pub(crate) struct Progress {
    bars: MultiProgress,
    members: Mutex<BTreeMap<usize, Member>>,
}

struct Member {
    bar: ProgressBar,
    failure: Option<String>,
}

impl Progress {
    /// Returns `None` if stderr is no terminal, or one on which nothing can be drawn.
    pub(crate) fn on_terminal() -> Option<Arc<Self>> {
        let bars = MultiProgress::new();
        (!bars.is_hidden()).then(|| Arc::new(Self { bars, members: Mutex::default() }))
    }

    /// Removes the bars while something else is printed.
    pub(crate) fn suspend(&self, print: impl FnOnce()) {
        self.bars.suspend(print);
    }
}

impl Observe for Progress {
    fn event(&self, event: &Event<'_>) {
        let Some(number) = event.member() else { return };
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        let member = members.entry(number).or_insert_with(|| Member::new(&self.bars, event));
        match event.kind() {
            EventKind::EnterBegan => member.begin("entering", 1, "cyan"),
            EventKind::UpBegan => member.begin("up", 2, "green"),
            EventKind::ExitBegan(_) => member.begin("exiting", 3, "yellow"),
            EventKind::ExitEnded(PhaseEnd::Done) => member.end("exited"),
            EventKind::EnterEnded(PhaseEnd::Done) => {}
            EventKind::EnterEnded(_) | EventKind::ExitEnded(_) => member.end("failed"),
            EventKind::Abandoned => member.end("abandoned"),
            EventKind::Failed(_, error) => member.fail(error),
            _ => {}
        }
    }
}

impl Member {
    fn new(bars: &MultiProgress, event: &Event<'_>) -> Self {
        let bar = bars.add(ProgressBar::new(4));
        let path: Vec<_> = event.path().iter().map(ToString::to_string).collect();
        bar.set_prefix(format!("[{}] {}", path.join(", "), event.name()));
        bar.enable_steady_tick(TICK);
        Self { bar, failure: None }
    }

    /// Shows what begins, and for how long it has gone on.
    fn begin(&self, state: &'static str, position: u64, color: &str) {
        self.bar.reset_elapsed();
        self.bar.set_position(position);
        self.show(state, color);
    }

    /// Shows how it has ended, and how long that took.
    fn end(&mut self, state: &'static str) {
        if state == "exited" {
            self.bar.set_position(4);
        }
        self.bar.abandon(); // at this position
        match self.failure.take() {
            Some(error) => self.fail(&error),
            None => self.show(state, if state == "exited" { "dim" } else { "red" }),
        }
    }

    /// Shows the first failure, from now on or, if the machine is still to be stopped, from then on.
    fn fail(&mut self, error: &str) {
        let error = self.failure.get_or_insert_with(|| error.to_owned()).clone();
        if self.bar.is_finished() {
            self.show(error, "red");
        }
    }

    fn show(&self, state: impl Into<Cow<'static, str>>, color: &str) {
        let template = format!("{{prefix:8}} {{bar:16.{color}/dim}} {{time:>6}}  {{msg:.{color}}}");
        let style = ProgressStyle::with_template(&template).expect("it is well-formed");
        self.bar.set_style(style.progress_chars("━━─").with_key("time", seconds));
        self.bar.set_message(state);
    }
}

fn seconds(state: &ProgressState, text: &mut dyn Write) {
    write!(text, "{:.1} s", state.elapsed().as_secs_f32()).expect("there is memory");
}
