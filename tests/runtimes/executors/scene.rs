//! The scene, in four acts, and then those of `while_up`. It asserts by itself, and the same everywhere.

use super::stage::{Act, Stage, Trouble};
use super::while_up::{acts, acts_local, acts_owned};
use std::fmt::Debug;
use std::rc::Rc;
use withal::{Group, Report, Resource, ResourceExt, Scope};

/// What the members give: nested, and with lifetimes in it.
type Guards = (([&'static str; 2], Box<dyn Debug + Send>), Vec<&'static str>, Option<&'static str>);

type Told = Report<usize, Trouble>;

/// The scene as a task that may move between threads.
pub(crate) async fn scene() {
    let stage = Stage::default();
    let body = async |all: &mut Guards| body(&stage, all).await;
    all_is_well(&stage, &Scope::new(sound(&stage)).report(body).await);
    exits_fail(&stage, &Scope::new(stuck(&stage)).report(body).await);
    enters_settle(&stage, &Scope::new(refusing(&stage)).report(body).await);
    enters_are_dropped(&stage, &Scope::new(refusing(&stage).fail_fast()).report(body).await);
    acts().await;
    acts_owned().await;
}

/// The scene with a body that stays on its thread.
pub(crate) async fn scene_local() {
    let stage = Stage::default();
    let one = Rc::new(1);
    let body = async |all: &mut Guards| {
        let one = Rc::clone(&one);
        Ok(body(&stage, all).await? * *one)
    };
    all_is_well(&stage, &Scope::new(sound(&stage)).report_local(body).await);
    exits_fail(&stage, &Scope::new(stuck(&stage)).report_local(body).await);
    enters_settle(&stage, &Scope::new(refusing(&stage)).report_local(body).await);
    enters_are_dropped(&stage, &Scope::new(refusing(&stage).fail_fast()).report_local(body).await);
    let letters = sound(&stage).scope_local(async |all| anyhow::Ok(body(all).await?)).await;
    assert_eq!(letters.unwrap(), LETTERS);
    acts_local().await;
    acts_owned().await;
}

const LETTERS: usize = "one two 3 four five sixteen".len() - 5;

/// Pends, and counts the letters that it is lent.
async fn body(stage: &Stage, ((ab, c), rest, last): &mut Guards) -> Result<usize, Trouble> {
    stage.play(Act::Yield(2)).await?;
    stage.body_ran();
    let texts = ab.iter().chain(&*rest).chain(&*last);
    Ok(texts.map(|text| text.len()).sum::<usize>() + format!("{c:?}").len())
}

fn three() -> Box<dyn Debug + Send> {
    Box::new(3)
}

/// Members that meet each other across groups, on their way in and out, and are answered by other threads.
fn sound(stage: &Stage) -> impl Resource<Guard = Guards> + use<> {
    (
        (
            [
                stage.actor("a", || "one").plays(Act::Meet("entrance", 3), Act::Meet("exit", 3)),
                stage.actor("b", || "two"),
            ],
            stage.actor("c", three).plays(Act::Answer, Act::Meet("exit", 3)),
        ),
        vec![
            stage.actor("d", || "four").plays(Act::Meet("entrance", 3), Act::Yield(1)),
            stage.actor("e", || "five").plays(Act::Yield(3), Act::Answer),
        ],
        Some(stage.actor("f", || "sixteen").plays(Act::Meet("entrance", 3), Act::Meet("exit", 3))),
    )
}

/// Laws `concurrent-enter`, `member-order`, `body-between`, `concurrent-exit`, `untouched-body`.
fn all_is_well(stage: &Stage, report: &Told) {
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.body, Some(Ok(LETTERS)));
    assert_eq!(
        stage.events(),
        "a in, b in, c in, d in, e in, f in; body; a out, b out, c out, d out, e out, f out: Completed"
    );
}

/// Members that enter, and of which one cannot exit, and one panics, while others meet on their way out.
fn stuck(stage: &Stage) -> impl Resource<Guard = Guards> + use<> {
    (
        (
            [
                stage.actor("a", || "one").plays(Act::Yield(1), Act::Meet("exit", 2)),
                stage.actor("b", || "two").plays(Act::Answer, Act::Panic),
            ],
            stage.actor("c", three).plays(Act::Ready, Act::Fail),
        ),
        vec![
            stage.actor("d", || "four").plays(Act::Yield(1), Act::Answer),
            stage.actor("e", || "five").plays(Act::Yield(3), Act::Meet("exit", 2)),
        ],
        Some(stage.actor("f", || "sixteen").plays(Act::Ready, Act::Yield(4))),
    )
}

/// Laws `no-exit-cut`, `wait-for-exits`, `nothing-lost`.
fn exits_fail(stage: &Stage, report: &Told) {
    assert_eq!(report.body, Some(Ok(LETTERS)));
    assert_eq!(lines(report), ["could not exit [0, 0, 1] b: panicked: boom", "could not exit [0, 1] c: no luck"]);
    assert_eq!(
        stage.events(),
        "a in, b in, c in, d in, e in, f in; body; a out, b panicked, c failed, d out, e out, f out: Completed"
    );
}

/// Members of which one refuses, when some are in and one is on its way; and of the others one cannot exit.
fn refusing(stage: &Stage) -> impl Group<Guard = Guards> + use<> {
    (
        (
            [
                stage.actor("a", || "one").plays(Act::Ready, Act::Meet("exit", 2)),
                stage.actor("b", || "two").plays(Act::Meet("entrance", 2), Act::Answer),
            ],
            stage.actor("c", three).plays(Act::Yield(4), Act::Yield(1)),
        ),
        vec![
            stage.actor("d", || "four").plays(Act::Fail, Act::Panic),
            stage.actor("e", || "five").plays(Act::Meet("entrance", 2), Act::Meet("exit", 2)),
        ],
        Some(stage.actor("f", || "sixteen").plays(Act::Ready, Act::Fail)),
    )
}

/// Laws `settle`, `roll-back`, `never-entered`, `all-or-none`.
fn enters_settle(stage: &Stage, report: &Told) {
    assert_eq!(report.body, None);
    assert_eq!(lines(report), ["could not enter [1, 0] d: no luck", "could not exit [2] f: no luck"]);
    assert_eq!(
        stage.events(),
        "a in, b in, c in, d failed, e in, f in; a out, b out, c out, e out, f failed: EnterFailed"
    );
}

/// Laws `fail-fast`, `roll-back`, `never-entered`.
fn enters_are_dropped(stage: &Stage, report: &Told) {
    assert_eq!(report.body, None);
    assert_eq!(lines(report), ["could not enter [1, 0] d: no luck", "could not exit [2] f: no luck"]);
    assert_eq!(stage.events(), "a in, b dropped, c dropped, d failed, e in, f in; a out, e out, f failed: EnterFailed");
}

fn lines(report: &Told) -> Vec<String> {
    report.failures.iter().map(ToString::to_string).collect()
}
