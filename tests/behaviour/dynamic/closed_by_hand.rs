//! What those get who close a set by hand, and of which kind the errors of a set are.

use withal::OutcomeKind::{Cancelled, Completed};
use withal::testing::Event::*;
use withal::testing::Step;
use withal::{ExitPool, ExitStack, Handle, Outcome, ResourceExt, ScopeError, ScopeErrorKind, Taken};
use withal_common::World;

/// `close` tells `Completed`, and `close_with` what it is given; of a set, and of one that is open.
#[test]
fn who_closes_by_hand_chooses_what_the_members_are_told() {
    macro_rules! check {
        ($Set:ident) => {
            let world = World::default();
            let told = |closed: Result<(), ScopeError>| {
                closed.unwrap();
                world.events()[2..].to_vec()
            };
            let open = || {
                let open = $Set::new().open();
                world.run(open.enter(world.ready(0))).unwrap();
                open
            };
            assert_eq!(told(world.run(open().close())), [ExitStarted(0, Completed), Exited(0)]);
            assert_eq!(told(world.run(open().take_all().close())), [ExitStarted(0, Completed), Exited(0)]);
            let cancelled = || Outcome::Cancelled;
            assert_eq!(told(world.run(open().close_with(cancelled()))), [ExitStarted(0, Cancelled), Exited(0)]);
            let closed = world.run(open().take_all().close_with(cancelled()));
            assert_eq!(told(closed), [ExitStarted(0, Cancelled), Exited(0)]);
        };
    }
    check!(ExitStack);
    check!(ExitPool);
}

/// `Enter` says that the body never ran. So an enter within a body is of another kind, and so is an early exit.
#[test]
fn the_kind_tells_whether_the_body_ran() {
    macro_rules! check {
        ($Set:ident) => {
            let world = World::default();
            let (enters, exits) = (|| world.enters(0, Step::error()), || world.exits(0, Step::error()));
            let kind = |failed: Result<(), ScopeError>| failed.unwrap_err().kind();

            let entered = $Set::new().scope(async |set| set.enter(enters()).await.map(drop));
            assert_eq!(kind(world.run(entered)), ScopeErrorKind::Set);
            let group = $Set::new().scope(async |set| set.enter((world.ready(1), enters())).await.map(drop));
            assert_eq!(kind(world.run(group)), ScopeErrorKind::Set);
            let early = $Set::new().scope(async |set| Handle::exit(set.enter(exits()).await?).await);
            assert_eq!(kind(world.run(early)), ScopeErrorKind::Set);
            let at_the_end = $Set::new().scope(async |set| set.enter(exits()).await.map(drop));
            assert_eq!(kind(world.run(at_the_end)), ScopeErrorKind::Exit);
            let beside = (enters(), $Set::new()).scope(async |_| Ok(()));
            assert_eq!(kind(world.run(beside)), ScopeErrorKind::Enter);

            // By hand, where there is no body.
            let taken = $Set::new().scope(async |set| Ok::<_, ScopeError>(Handle::take(set.enter(exits()).await?)));
            let taken = world.run(taken).unwrap();
            assert_eq!(kind(world.run(Taken::exit(taken, Outcome::Completed))), ScopeErrorKind::Exit);
            let open = $Set::new().open();
            world.run(open.enter(exits())).unwrap();
            assert_eq!(kind(world.run(open.close())), ScopeErrorKind::Exit);
        };
    }
    check!(ExitStack);
    check!(ExitPool);
}
