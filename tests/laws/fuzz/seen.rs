//! What a timeline shows of a scope, beside what happened in it.

use crate::model::{Node, Wrong};
use crate::world::{Event, World};
use std::time::Duration;
use withal::timeline::{End, MemberRecord};
use withal::{OutcomeKind, Phase, Timeline};

type Faults = [(usize, Phase, Wrong)];

/// One that is as late as the world was polled.
pub fn timeline(world: &World) -> Timeline {
    let world = world.clone();
    Timeline::with_clock(move || Duration::from_secs(world.polls().try_into().expect("not that many")))
}

/// Each member has a row with its place and name, and in it what happened to it. The faults are there if the scope came
/// to its end.
pub fn check_seen(timeline: &Timeline, world: &World, tree: &Node, names: &[String], faults: Option<&Faults>) {
    let events = world.events();
    let (paths, members) = (tree.paths(), timeline.members());
    for (id, path) in paths.iter().enumerate() {
        let own: Vec<_> = events.iter().filter(|event| event.member() == Some(id)).collect();
        let Some(row) = members.iter().find(|row| row.path() == path) else {
            assert!(own.is_empty(), "{path:?} is not on the timeline: {own:?}");
            continue;
        };
        assert_eq!(row.name(), names[id]);
        let told =
            own.iter().find_map(|event| if let Event::ExitStarted(_, told) = event { Some(*told) } else { None });
        assert_eq!(row.told(), told, "{row:?}");
        let abandoned = own.iter().any(|event| matches!(event, Event::Abandoned(_)));
        assert_eq!(row.abandoned().is_some(), abandoned, "{row:?}");
        if let Some(faults) = faults {
            let is_in = own.iter().any(|event| matches!(event, Event::Entered(_)));
            let own: Vec<_> = faults.iter().filter(|(other, ..)| *other == id).map(|(_, phase, _)| *phase).collect();
            let died = own.contains(&Phase::Up) || is_in && own.contains(&Phase::Enter);
            assert_eq!(row.died().is_some(), died, "{row:?}");
            assert_eq!(row.error(Phase::Up).is_some(), own.contains(&Phase::Up), "{row:?}");
        }
        check_phase(row, Phase::Enter, &own, faults.map(|faults| (id, faults)));
        check_phase(row, Phase::Exit, &own, faults.map(|faults| (id, faults)));
    }
    assert!(timeline.in_flight().is_empty(), "{timeline}");
    let outcome = timeline.scopes().last().and_then(withal::timeline::ScopeRecord::outcome);
    let told = events.iter().find_map(|event| if let Event::ExitStarted(_, told) = event { Some(*told) } else { None });
    assert_eq!(outcome, told.or(outcome), "every member is told what the scope is");
    assert!(outcome.is_some_and(|outcome| outcome != OutcomeKind::Released));
    assert!(timeline.to_svg().contains("</svg>"));
}

fn check_phase(row: &MemberRecord, phase: Phase, own: &[&Event], faults: Option<(usize, &Faults)>) {
    let span = if phase == Phase::Enter { row.enter() } else { row.exit() };
    let mut ends = own.iter().filter_map(|event| match (phase, event) {
        (Phase::Enter, Event::Entered(_)) | (Phase::Exit, Event::Exited(_)) => Some(End::Done),
        (Phase::Enter, Event::EnterFailed(_)) | (Phase::Exit, Event::ExitFailed(_)) => Some(End::Failed),
        (Phase::Enter, Event::EnterPanicked(_)) | (Phase::Exit, Event::ExitPanicked(_)) => Some(End::Panicked),
        (Phase::Enter, Event::EnterDropped(_)) | (Phase::Exit, Event::ExitDropped(_)) => Some(End::Dropped),
        _ => None,
    });
    let end = ends.next_back();
    let Some((id, faults)) = faults else {
        // A scope that was dropped tells nobody what came late before that.
        let seen = span.and_then(|span| span.ended());
        return assert!(seen == end || seen == Some(End::Late) && end == Some(End::Dropped), "{row:?}: {end:?}");
    };
    let fault = faults.iter().find(|(other, other_phase, _)| (*other, *other_phase) == (id, phase));
    assert_eq!(row.error(phase).is_some(), fault.is_some(), "{row:?}");
    let is_late = fault.is_some_and(|(.., wrong)| *wrong == Wrong::Late);
    let expected = if is_late && end.is_some() { Some(End::Late) } else { end };
    assert_eq!(span.and_then(|span| span.ended()), expected, "{row:?}");
}
