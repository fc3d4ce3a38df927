//! Scenes on a timeline, event by event, at the times of a clock that is moved by hand.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use withal::Phase::{Enter, Exit};
use withal::timeline::End;
use withal::{Event, EventKind, Observe, OutcomeKind, Phase, Timeline};

/// The kinds of events of one scope, which a timeline receives as if it ran.
#[derive(Clone)]
pub struct Recorder {
    timeline: Timeline,
    scope: usize,
    name: Arc<str>,
    rows: Arc<Mutex<Vec<Member>>>,
}

/// A path and a name.
type Member = (Vec<usize>, String);

/// The number of a member.
#[derive(Clone, Copy)]
pub struct Row(usize);

pub trait Open {
    fn open(&self, name: &str) -> Recorder;
}

impl Open for Timeline {
    /// Begins a scope.
    fn open(&self, name: &str) -> Recorder {
        static NEXT: AtomicUsize = AtomicUsize::new(usize::MAX / 2);
        let (scope, rows) = (NEXT.fetch_add(1, SeqCst), Arc::default());
        let recorder = Recorder { timeline: self.clone(), scope, name: name.into(), rows };
        recorder.event(EventKind::ScopeBegan);
        recorder
    }
}

impl Recorder {
    fn event(&self, kind: EventKind<'_>) {
        self.timeline.event(&Event::new(self.scope, &self.name, kind));
    }

    fn event_of(&self, row: Row, kind: EventKind<'_>) {
        let member = self.rows.lock().unwrap().get(row.0).cloned();
        if let Some((path, name)) = member {
            self.timeline.event(&Event::new(self.scope, &self.name, kind).of_member(row.0, &path, &name));
        }
    }

    pub fn rows(&self) -> impl Iterator<Item = Row> {
        (0..self.rows.lock().unwrap().len()).map(Row)
    }

    pub fn member(&self, path: &[usize], name: &str) -> Row {
        let row = {
            let mut rows = self.rows.lock().unwrap();
            rows.push((path.to_vec(), name.to_owned()));
            Row(rows.len() - 1)
        };
        self.event_of(row, EventKind::PathChanged);
        row
    }

    pub fn set_path(&self, row: Row, path: &[usize]) {
        if let Some((before, _)) = self.rows.lock().unwrap().get_mut(row.0) {
            *before = path.to_vec();
        }
        self.event_of(row, EventKind::PathChanged);
    }

    pub fn begin(&self, row: Row, phase: Phase, told: Option<OutcomeKind>) {
        let exit = EventKind::ExitBegan(told.unwrap_or(OutcomeKind::Completed));
        self.event_of(row, if phase == Enter { EventKind::EnterBegan } else { exit });
    }

    pub fn end(&self, row: Row, phase: Phase, end: End) {
        self.event_of(row, if phase == Enter { EventKind::EnterEnded(end) } else { EventKind::ExitEnded(end) });
    }

    pub fn explain(&self, row: Row, phase: Phase, text: &str) {
        self.event_of(row, EventKind::Failed(phase, text));
    }

    pub fn abandoned(&self, row: Row) {
        self.event_of(row, EventKind::Abandoned);
    }

    pub fn body_begins(&self) {
        self.event(EventKind::BodyBegan);
    }

    pub fn body_ends(&self, end: End) {
        self.event(EventKind::BodyEnded(end));
    }

    pub fn close(&self, outcome: OutcomeKind) {
        self.event(EventKind::ScopeEnded(outcome));
    }
}

/// Returns the number of columns of a text, of the characters of these scenes.
pub fn columns(text: &str) -> usize {
    let width = |character| match character {
        '\u{301}' => 0,
        '\u{26a1}' | '\u{4e00}'..='\u{9fff}' | '\u{1f980}' => 2,
        _ => 1,
    };
    text.chars().map(width).sum()
}

pub const TOLD: Option<OutcomeKind> = Some(OutcomeKind::Completed);

/// A timeline whose clock stands still until it is moved.
pub struct Scene {
    pub timeline: Timeline,
    nanos: Arc<AtomicU64>,
}

impl Scene {
    pub fn new() -> Self {
        let nanos = Arc::new(AtomicU64::new(0));
        let read = Arc::clone(&nanos);
        Self { timeline: Timeline::with_clock(move || Duration::from_nanos(read.load(SeqCst))), nanos }
    }

    /// Sets the clock to so many milliseconds.
    pub fn at(&self, millis: u64) {
        self.at_nanos(millis * 1_000_000);
    }

    pub fn at_nanos(&self, nanos: u64) {
        self.nanos.store(nanos, SeqCst);
    }

    /// Writes down a member whose enter and exit began and ended at these milliseconds.
    pub fn member(&self, scope: &Recorder, path: &[usize], name: &str, at: [u64; 4]) -> Row {
        let row = scope.member(path, name);
        let [enter, entered, exit, exited] = at;
        self.at(enter);
        scope.begin(row, Enter, None);
        self.at(entered);
        scope.end(row, Enter, End::Done);
        self.at(exit);
        scope.begin(row, Exit, TOLD);
        self.at(exited);
        scope.end(row, Exit, End::Done);
        row
    }
}

/// Two servers that get in at their own pace, one of which does not get out.
pub fn shop() -> Scene {
    let scene = Scene::new();
    let scope = scene.timeline.open("shop");
    let (db, cache) = (scope.member(&[0], "postgres"), scope.member(&[1], "redis"));
    scope.begin(db, Enter, None);
    scope.begin(cache, Enter, None);
    scene.at(200);
    scope.end(cache, Enter, End::Done);
    scene.at(1200);
    scope.end(db, Enter, End::Done);
    scope.body_begins();
    scene.at(2600);
    scope.body_ends(End::Done);
    scope.begin(cache, Exit, TOLD);
    scope.begin(db, Exit, TOLD);
    scene.at(2650);
    scope.end(cache, Exit, End::Failed);
    scope.explain(cache, Exit, "connection reset by peer (os error 104)");
    scene.at(3400);
    scope.end(db, Exit, End::Done);
    scope.close(OutcomeKind::Completed);
    scene
}

/// A scope in whose exits two members hang, one of them for a shorter time.
pub fn hanging() -> Scene {
    let scene = Scene::new();
    let scope = scene.timeline.open("shop");
    let rows = [(0, "postgres"), (1, "redis"), (2, "kafka")].map(|(place, name)| scope.member(&[place], name));
    for row in rows {
        scope.begin(row, Enter, None);
    }
    scene.at(700);
    for row in rows {
        scope.end(row, Enter, End::Done);
    }
    scope.body_begins();
    scene.at(1500);
    scope.body_ends(End::Done);
    scope.begin(rows[2], Exit, TOLD);
    scope.begin(rows[1], Exit, TOLD);
    scene.at(1900);
    scope.end(rows[1], Exit, End::Done);
    scope.begin(rows[0], Exit, TOLD);
    scene.at(5100);
    scene
}

/// Three scopes, in which happens all that can go wrong.
pub fn mishaps() -> Scene {
    let scene = Scene::new();
    let not_in = scene.timeline.open("not in");
    let names = ["steady", "refused", "broken", "given-up", "slow", "quick"];
    let rows = names.map(|name| not_in.member(&[name.len() % 2, name.len()], name));
    for row in rows {
        not_in.begin(row, Enter, None);
    }
    for (at, row, end) in [(10, 5, End::Done), (20, 0, End::Done), (30, 1, End::Failed), (42, 2, End::Panicked)] {
        scene.at(at);
        not_in.end(rows[row], Enter, end);
    }
    not_in.explain(rows[2], Enter, "panicked: out of cheese");
    not_in.explain(rows[1], Enter, "connection refused\nthe server said: \u{1b}[31mno\u{1b}[0m");
    not_in.end(rows[3], Enter, End::Dropped);
    scene.at(60);
    not_in.end(rows[4], Enter, End::Late);
    not_in.begin(rows[0], Exit, Some(OutcomeKind::Panicked));
    not_in.begin(rows[5], Exit, Some(OutcomeKind::Panicked));
    scene.at(65);
    not_in.end(rows[0], Exit, End::Done);
    scene.at(70);
    not_in.end(rows[5], Exit, End::Done);
    not_in.close(OutcomeKind::Panicked);

    scene.at(100);
    let not_out = scene.timeline.open("not out");
    let [stuck, mine, left, never] = ["stuck", "mine", "left", "never"].map(|name| {
        let row = not_out.member(&[], name);
        not_out.set_path(row, &[name.len()]);
        not_out.begin(row, Enter, None);
        not_out.end(row, Enter, End::Done);
        row
    });
    not_out.body_begins();
    scene.at(140);
    not_out.body_ends(End::Failed);
    not_out.begin(stuck, Exit, Some(OutcomeKind::Failed));
    not_out.begin(mine, Exit, Some(OutcomeKind::Failed));
    scene.at(150);
    not_out.end(mine, Exit, End::Panicked);
    scene.at(180);
    not_out.end(stuck, Exit, End::Dropped);
    not_out.end(stuck, Exit, End::Late);
    not_out.explain(stuck, Exit, "its deadline has elapsed");
    not_out.abandoned(never);
    not_out.explain(never, Exit, "its deadline has elapsed");
    not_out.close(OutcomeKind::Failed);

    let dropped = scene.timeline.open("");
    let (cut, given_up) = (dropped.member(&[0], "cut"), dropped.member(&[1], "given-up"));
    dropped.begin(cut, Enter, None);
    dropped.begin(given_up, Enter, None);
    scene.at(181);
    dropped.end(cut, Enter, End::Done);
    scene.at(185);
    dropped.end(given_up, Enter, End::Dropped);
    dropped.abandoned(cut);
    dropped.close(OutcomeKind::Cancelled);
    not_out.abandoned(left);
    scene
}

/// Names and errors that are not friendly.
pub fn hostile() -> Scene {
    let scene = Scene::new();
    let scope = scene.timeline.open("<script>alert('&amp;')</script>]]>\u{1}\u{202e}\u{fffe}");
    scene.member(&scope, &[2], "\u{1f980}\tcrab\u{7}", [0, 0, 0, 0]);
    let long = scene.member(&scope, &[0, 17, 3], &"a-very-long-name-of-a-member/".repeat(12), [0, 10, 50, 60]);
    scope.explain(long, Exit, &format!("]]> {}\"quoted\" 'so' and so on\r\n\u{0}\u{1b}[0m", "and so on ".repeat(40)));
    scene.member(&scope, &[1], &"\u{6570}\u{636e}\u{5e93}".repeat(6), [60, 60, 60, 60]);
    scene.member(&scope, &[3], "", [60, 60, 60, 60]);
    scene.member(&scope, &[4], &"W".repeat(50), [60, 60, 60, 60]);
    scope.body_begins();
    scope.close(OutcomeKind::Completed);
    scene
}

/// So many members, which get in one after the other, and out again.
pub fn crowd(members: u64) -> Scene {
    let scene = Scene::new();
    let scope = scene.timeline.open("crowd");
    let rows: Vec<_> = (0..members).map(|place| scope.member(&[usize::try_from(place).unwrap()], "Server")).collect();
    for row in &rows {
        scope.begin(*row, Enter, None);
    }
    for (place, row) in (0..members).zip(&rows) {
        scene.at_nanos(1_000_000 * place / members);
        scope.end(*row, Enter, End::Done);
    }
    for row in rows.iter().rev() {
        scope.begin(*row, Exit, TOLD);
    }
    for (place, row) in (0..members).zip(&rows) {
        scene.at_nanos(1_000_000 * (members + place) / members);
        scope.end(*row, Exit, End::Done);
    }
    scope.close(OutcomeKind::Completed);
    scene
}
