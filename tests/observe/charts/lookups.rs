use super::scenes::{Open, Scene, TOLD, hanging, mishaps, shop};
use std::time::Duration;
use withal::OutcomeKind;
use withal::Phase::{Enter, Exit};
use withal::Timeline;
use withal::timeline::{End, InFlight, MemberRecord, ScopeRecord, Span};

fn sentences(timeline: &Timeline) -> Vec<String> {
    timeline.in_flight().iter().map(InFlight::to_string).collect()
}

#[test]
fn who_is_in_flight_the_longest_first() {
    let scene = hanging();
    let in_flight = scene.timeline.in_flight();
    let told: Vec<_> = in_flight.iter().map(|one| format!("{one:#}")).collect();
    assert_eq!(told, ["shop: [2] kafka has been exiting for 3.6 s", "shop: [0] postgres has been exiting for 3.2 s"]);
    let postgres = &in_flight[1];
    assert_eq!((postgres.scope(), postgres.path(), postgres.name()), ("shop", &[0][..], "postgres"));
    assert_eq!(postgres.phase(), Some(Exit));
    assert_eq!((postgres.since(), postgres.elapsed()), (Duration::from_millis(1900), Duration::from_millis(3200)));

    let scope = scene.timeline.open("");
    let row = scope.member(&[], "late-comer");
    scope.begin(row, Enter, None);
    scope.body_begins();
    scene.at(5200);
    assert_eq!(
        sentences(&scene.timeline)[2..],
        ["late-comer has been entering for 100 ms", "the body has been running for 100 ms"]
    );
    let body = &scene.timeline.in_flight()[3];
    assert_eq!((body.phase(), body.name(), body.path()), (None, "body", &[][..]));
    assert_eq!(format!("{body:#}"), body.to_string(), "the scope has no name");

    assert!(shop().timeline.in_flight().is_empty());
    assert!(Timeline::new().in_flight().is_empty());
}

#[test]
fn what_was_recorded_scope_by_scope() {
    let millis = Duration::from_millis;
    let timeline = mishaps().timeline;
    let scopes = timeline.scopes();
    let heads: Vec<_> = scopes.iter().map(|scope| (scope.name(), scope.opened(), scope.closed())).collect();
    assert_eq!(
        heads,
        [
            ("not in", millis(0), Some(millis(70))),
            ("not out", millis(100), Some(millis(180))),
            ("", millis(180), Some(millis(185)))
        ]
    );
    let not_out = &scopes[1];
    assert_eq!(not_out.outcome(), Some(OutcomeKind::Failed));
    assert_eq!(not_out.body().and_then(|body| body.ended()), Some(End::Failed));
    assert!(scopes[0].body().is_none());

    let places: Vec<_> = not_out.members().iter().map(|member| (member.path()[0], member.name())).collect();
    assert_eq!(places, [(4, "mine"), (4, "left"), (5, "stuck"), (5, "never")], "in member order");
    let [mine, left, stuck, never] = not_out.members() else { panic!("{not_out:?}") };
    let exit = stuck.exit().unwrap();
    assert_eq!((exit.start(), exit.end(), exit.ended()), (millis(140), Some(millis(180)), Some(End::Late)));
    assert_eq!((stuck.told(), stuck.error(Exit)), (Some(OutcomeKind::Failed), Some("its deadline has elapsed")));
    assert_eq!((mine.error(Enter), mine.error(Exit)), (None, None));
    assert_eq!((left.abandoned(), mine.abandoned()), (Some(millis(185)), None));
    assert!(never.exit().is_none() && never.told().is_none());

    let names: Vec<_> = timeline.members().iter().map(|member| member.name().to_owned()).collect();
    assert_eq!(names.join(" "), "slow steady broken given-up quick refused mine left stuck never cut given-up");
}

#[test]
fn all_of_it_goes_to_other_threads() {
    fn check<T: Send + Sync + Unpin + Clone + std::fmt::Debug + 'static>() {}
    check::<Timeline>();
    check::<InFlight>();
    check::<(ScopeRecord, MemberRecord, Span, End)>();
}

#[test]
fn what_overlaps() {
    let scene = Scene::new();
    let scope = scene.timeline.open("");
    let mut next = 0;
    let mut span = |at: [u64; 2]| {
        scene.member(&scope, &[next], "", [at[0], at[1], at[1], at[1]]);
        next += 1;
        scene.timeline.members().last().unwrap().enter().unwrap()
    };
    let (first, second, point) = (span([0, 5]), span([5, 8]), span([8, 8]));
    let third = span([8, 9]);
    let row = scope.member(&[9], "");
    scope.begin(row, Enter, None);
    let open = scene.timeline.members().pop().unwrap().enter().unwrap();
    for (a, b, overlap) in [
        (first, first, true),
        (first, second, false),
        (second, point, false),
        (point, point, false),
        (third, open, false),
        (open, open, true),
    ] {
        assert_eq!((a.overlaps(&b), b.overlaps(&a)), (overlap, overlap), "{a:?} {b:?}");
    }
    let longer = shop().timeline.members();
    assert!(longer[0].enter().unwrap().overlaps(&longer[1].enter().unwrap()));
}

#[test]
fn what_is_over_can_be_forgotten() {
    let scene = shop();
    let clone = scene.timeline.clone();
    let (open, over) = (clone.open("open"), clone.open("over"));
    over.close(OutcomeKind::Completed);
    assert_eq!(format!("{:?}", scene.timeline), "Timeline { scopes: 3, .. }");
    clone.clear();
    let row = open.member(&[0], "goes on");
    open.begin(row, Exit, TOLD);
    over.member(&[0], "of a forgotten scope");
    assert_eq!(sentences(&scene.timeline), ["[0] goes on has been exiting for 0 s"]);
    assert_eq!(scene.timeline.scopes().len(), 1);
}
