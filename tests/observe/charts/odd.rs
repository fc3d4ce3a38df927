use super::scenes::{Open, Recorder, Scene, TOLD};
use super::svg::parsed;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;
use withal::OutcomeKind;
use withal::Phase::{Enter, Exit};
use withal::Timeline;
use withal::timeline::End;

/// All that can be recorded.
const CALLS: [fn(&Recorder, &Recorder); 14] = [
    |scope, _| {
        scope.member(&[1], "late");
    },
    |scope, other| scope.set_path(other.member(&[7, 7], "of another scope"), &[3]),
    |scope, _| scope.begin(scope.member(&[0], "a"), Enter, None),
    |scope, _| each(scope, |row| scope.begin(row, Enter, None)),
    |scope, _| each(scope, |row| scope.begin(row, Exit, TOLD)),
    |scope, _| each(scope, |row| scope.end(row, Enter, End::Done)),
    |scope, _| each(scope, |row| scope.end(row, Enter, End::Failed)),
    |scope, _| each(scope, |row| scope.end(row, Exit, End::Dropped)),
    |scope, _| each(scope, |row| scope.explain(row, Exit, "its\ndeadline")),
    |scope, _| each(scope, |row| scope.abandoned(row)),
    |scope, _| scope.body_begins(),
    |scope, _| scope.body_ends(End::Panicked),
    |scope, _| scope.close(OutcomeKind::Cancelled),
    |scope, _| scope.close(OutcomeKind::Completed),
];

/// Does it to all members that there are.
fn each(scope: &Recorder, call: impl Fn(super::scenes::Row)) {
    scope.rows().for_each(call);
}

/// Records those calls, at times that jump, and looks at what comes of it.
fn check(calls: impl Iterator<Item = usize>) {
    let scene = Scene::new();
    let (scope, other) = (scene.timeline.open("scope"), scene.timeline.open("other"));
    for (step, call) in calls.enumerate() {
        scene.at([5, 90, 20, 20, 400][(step + call) % 5]);
        CALLS[call](&scope, &other);
    }
    let text = scene.timeline.to_string();
    assert!(text.starts_with("scope: "), "{text}");
    for line in text.lines().filter(|line| line.starts_with('[')) {
        assert!(line.chars().count() <= 100, "{line}");
    }
    parsed(&scene.timeline, |_| {});
    let members = scene.timeline.members();
    let spans: Vec<_> = members.iter().flat_map(|member| [member.enter(), member.exit()]).flatten().collect();
    assert!(spans.iter().all(|span| span.end().is_none_or(|end| end >= span.start())), "{spans:?}");
    let at_work = scene.timeline.in_flight().into_iter().filter(|one| one.phase().is_some());
    assert_eq!(at_work.count(), spans.iter().filter(|span| span.ended().is_none()).count());
}

#[test]
fn whatever_is_recorded_in_whatever_order() {
    let all = CALLS.len();
    for number in 0..all.pow(3) {
        check([number % all, number / all % all, number / all / all].into_iter());
    }
    let mut state = 1_usize;
    for _ in 0..300 {
        check((0..40).map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % all
        }));
    }
}

#[test]
fn a_phase_that_begins_again_keeps_the_last_time() {
    let scene = Scene::new();
    let scope = scene.timeline.open("");
    let row = scene.member(&scope, &[0], "twice", [0, 1, 2, 3]);
    scope.explain(row, Exit, "of the first time");
    scope.abandoned(row);
    scene.at(10);
    scope.begin(row, Exit, Some(OutcomeKind::Released));
    let member = scene.timeline.members().remove(0);
    assert_eq!((member.exit().unwrap().start(), member.exit().unwrap().end()), (Duration::from_millis(10), None));
    assert_eq!((member.told(), member.error(Exit)), (Some(OutcomeKind::Released), None));

    scope.begin(row, Enter, None);
    let member = scene.timeline.members().remove(0);
    assert_eq!((member.name(), member.path()), ("twice", &[0][..]));
    assert!(member.exit().is_none() && member.abandoned().is_none() && member.told().is_none());
}

#[test]
fn a_phase_that_ends_again_keeps_the_first_time_and_the_graver_end() {
    let scene = Scene::new();
    let scope = scene.timeline.open("");
    let row = scene.member(&scope, &[0], "late", [0, 1, 2, 3]);
    for (end, kept) in [
        (End::Dropped, End::Dropped),
        (End::Late, End::Late),
        (End::Dropped, End::Late),
        (End::Panicked, End::Panicked),
        (End::Done, End::Panicked),
    ] {
        scene.at(9);
        scope.end(row, Exit, end);
        let exit = scene.timeline.members().remove(0).exit().unwrap();
        assert_eq!((exit.end(), exit.ended()), (Some(Duration::from_millis(3)), Some(kept)));
    }
    scope.explain(row, Exit, "its deadline has elapsed");
    scope.explain(row, Exit, "panicked: out of cheese");
    assert_eq!(scene.timeline.members()[0].error(Exit), Some("its deadline has elapsed; panicked: out of cheese"));
}

/// What goes on after the end is in flight until now, also in a scope that is closed twice.
#[test]
fn a_scope_that_goes_on_after_its_end() {
    let scene = Scene::new();
    let scope = scene.timeline.open("");
    let row = scope.member(&[0], "stray");
    scope.begin(row, Enter, None);
    scope.end(row, Enter, End::Done);
    scene.at(10);
    scope.close(OutcomeKind::Cancelled);
    scene.at(20);
    scope.begin(row, Exit, TOLD);
    scope.close(OutcomeKind::Completed);
    scene.at(40);
    let expected = "\
scope: cancelled, 10 ms in all
                             0 s            20 ms
           enter     exit    |--------------|--------------|
[0] stray    0 s    20 ms +  >==============<<<<<<<<<<<<<<<+
- [0] stray has been exiting for 20 ms

> entering   = up   < exiting   + still in flight";
    assert_eq!(scene.timeline.to_text(60), expected);
    assert_eq!(scene.timeline.scopes()[0].closed(), Some(Duration::from_millis(10)));
}

/// A failure of which nobody knows when it happened is told last.
#[test]
fn words_without_a_phase() {
    let scene = Scene::new();
    let scope = scene.timeline.open("");
    let (first, second) = (scope.member(&[0], "a"), scope.member(&[1], "b"));
    scope.explain(first, Exit, "its guard is gone");
    scope.begin(second, Enter, None);
    scene.at(1);
    scope.end(second, Enter, End::Failed);
    let text = scene.timeline.to_string();
    assert!(text.contains("\n- could not enter [1] b: failed\n- could not exit [0] a: its guard is gone\n"), "{text}");
}

#[test]
fn a_clock_that_goes_backwards_or_panics_stands_still() {
    let readings = AtomicUsize::new(0);
    let timeline = Timeline::with_clock(move || match readings.fetch_add(1, SeqCst) {
        0 => Duration::from_secs(10),
        1 => Duration::from_secs(5),
        2 => panic!("the clock is broken"),
        3 => Duration::from_secs(20),
        _ => Duration::MAX,
    });
    let scope = timeline.open("");
    let row = scope.member(&[0], "a");
    scope.begin(row, Enter, None);
    scope.end(row, Enter, End::Done);
    scope.begin(row, Exit, TOLD);
    let member = timeline.members().remove(0);
    let (enter, exit) = (member.enter().unwrap(), member.exit().unwrap());
    assert_eq!((enter.start(), enter.end()), (Duration::from_secs(10), Some(Duration::from_secs(10))));
    assert_eq!(exit.start(), Duration::from_secs(20));
    assert!(timeline.to_string().starts_with("scope: open, 213503 d"), "{timeline}");
    parsed(&timeline, |_| {});
}

#[test]
fn many_threads_record_while_others_look() {
    const THREADS: usize = 4;
    const MEMBERS: usize = 250;
    let timeline = Timeline::new();
    let scope = timeline.open("shared");
    let start = Arc::new(Barrier::new(THREADS + 1));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (scope, start) = (scope.clone(), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                for number in 0..MEMBERS {
                    let row = scope.member(&[], "member");
                    scope.begin(row, Enter, None);
                    scope.set_path(row, &[thread * MEMBERS + number]);
                    scope.end(row, Enter, End::Done);
                    scope.begin(row, Exit, TOLD);
                    scope.end(row, Exit, End::Done);
                }
            })
        })
        .collect();
    start.wait();
    while threads.iter().any(|thread| !thread.is_finished()) {
        drop((timeline.to_string(), timeline.in_flight()));
    }
    for thread in threads {
        thread.join().unwrap();
    }
    scope.close(OutcomeKind::Completed);
    let members = timeline.members();
    assert_eq!(members.len(), THREADS * MEMBERS);
    for (place, member) in members.iter().enumerate() {
        assert_eq!(member.path(), [place]);
        let (enter, exit) = (member.enter().unwrap(), member.exit().unwrap());
        assert!(enter.end() <= Some(exit.start()) && exit.ended() == Some(End::Done), "{member:?}");
    }
}
