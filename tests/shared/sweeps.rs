//! Laws `shared-enter`, `drop-any-time` and `exactly-once`: one user is dropped at each poll.

use super::{Users, poll_one, run_all, slow};
use futures::future::Either;
use withal::testing::{End, Event, Script, Step};
use withal::{Reaper, Scope, SharedGuard, shared};
use withal_common::{Tasks, World, panic_of, pend, quiet, reaper};

type Db = withal::Shared<withal::testing::Scripted>;

/// Returns a user: plain, or on a reaper.
fn user<'a>(db: &Db, reaper: Option<&Reaper>, polls: usize) -> impl Future<Output = ()> + use<'a> {
    let body = async move |_: &mut SharedGuard<_>| {
        pend(polls).await;
        Ok::<_, std::convert::Infallible>(())
    };
    let scope = Scope::new(db.clone());
    let scope = match reaper {
        Some(reaper) => Either::Left(scope.on(reaper).report(body)),
        None => Either::Right(scope.report(body)),
    };
    async move { drop(scope.await) }
}

/// Some users, one of which comes some polls before the others, and one of which is dropped after some polls. Returns
/// `true` if it had ended by then.
fn scene(
    world: &World,
    db: &Db,
    count: usize,
    dropped: usize,
    polls: usize,
    lead: usize,
    on: Option<&(Reaper, Tasks)>,
) -> bool {
    let reaper = on.map(|(reaper, _)| reaper);
    let mut users: Users<'_, ()> = (0..count).map(|n| super::user(user(db, reaper, n))).collect();
    let (mut outputs, mut is_over) = (vec![None; count], true);
    for _ in 0..lead {
        poll_one(world, &mut users[count - 1], &mut outputs[count - 1]);
    }
    for turn in 0..100 {
        if turn == polls {
            is_over = users[dropped].is_none();
            // A panic that no caller has received yet resumes in the drop.
            let resumed = panic_of(|| users[dropped] = None);
            assert!(resumed.is_none_or(|text| text.ends_with("as scripted")));
        }
        for (user, output) in users.iter_mut().zip(&mut outputs) {
            poll_one(world, user, output);
        }
        users.extend(on.and_then(|(_, tasks)| tasks.pop()).map(super::user));
        outputs.resize(users.len(), None);
        if users.iter().all(Option::is_none) {
            return is_over;
        }
    }
    panic!("they hang: {:?}", world.0.events());
}

#[test]
fn one_user_is_dropped_at_each_poll() {
    quiet();
    let ends = [End::Ok, End::Error, End::Panic];
    let step = |end, pending| match end {
        End::Error => Step::error().pending(pending),
        End::Panic => Step::panic().pending(pending),
        _ => Step { pending, end: End::Ok },
    };
    let mut scenes = 0;
    for (enter, exit) in ends.into_iter().flat_map(|enter| ends.map(|exit| (enter, exit))) {
        for (count, reaped, lead) in
            [2, 3].into_iter().flat_map(|n| (0..4).flat_map(move |l| [(n, false, l), (n, true, l)]))
        {
            for dropped in 0..count {
                for polls in 0.. {
                    let (world, reaper) = (World::default(), reaper());
                    let script = Script { enter: step(enter, 2), exit: step(exit, 2) };
                    let db = shared(world.0.member(0, script));
                    let is_over = scene(&world, &db, count, dropped, polls, lead, reaped.then_some(&reaper));
                    scenes += 1;
                    let what = (enter, exit, count, reaped, lead, dropped, polls);
                    assert_eq!(reaper.0.pending(), 0, "{what:?}");
                    world.0.check().unwrap_or_else(|violation| panic!("{what:?}: {violation}"));
                    assert!(format!("{db:?}").contains("out"), "{what:?}: {db:?}");
                    let events = world.events();
                    let is_abandoned = events.iter().any(|event| matches!(event, Event::Abandoned(_)));
                    assert!(!is_abandoned || !reaped, "{what:?}: {events:?}");
                    if is_over {
                        break;
                    }
                }
            }
        }
    }
    assert!(scenes > 1000, "{scenes}");
}

/// All users are dropped at once, in the order in which they came.
#[test]
fn all_users_are_dropped_at_each_poll() {
    let mut all_abandoned = 0;
    for polls in 0..12 {
        for reaped in [false, true] {
            let (world, on) = (World::default(), reaper());
            let db = slow(&world, 2, 2);
            let mut users: Users<'_, ()> = (0..3).map(|n| super::user(user(&db, reaped.then_some(&on.0), n))).collect();
            let mut outputs = [None; 3];
            for _ in 0..polls {
                for (user, output) in users.iter_mut().zip(&mut outputs) {
                    poll_one(&world, user, output);
                }
            }
            drop(users);
            let tasks = std::iter::from_fn(|| on.1.pop()).map(super::user);
            run_all(&world, tasks.collect());
            world.0.check().unwrap();
            assert_eq!(on.0.pending(), 0);
            let abandoned = world.events().iter().filter(|event| matches!(event, Event::Abandoned(_))).count();
            assert!(abandoned == 0 || !reaped && abandoned == 1, "{polls} polls");
            all_abandoned += abandoned;
        }
    }
    assert!(all_abandoned > 0);
}
