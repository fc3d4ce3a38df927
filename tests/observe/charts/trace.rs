//! The trace, as Perfetto and `chrome://tracing` read it.

use super::scenes::{Open, Scene, crowd, hanging, hostile, mishaps, shop};
use serde_json::Value;
use std::collections::BTreeMap;
use withal::Phase::{Enter, Exit};
use withal::Timeline;
use withal::timeline::End;

/// A slice: from the beginning to the end of a pair of events.
#[derive(Clone, Debug)]
struct Slice {
    process: u64,
    id: u64,
    name: String,
    from: f64,
    to: f64,
    args: BTreeMap<String, String>,
}

/// Reads a trace. The events of one id nest: each end is that of the last slice that is open.
fn slices(timeline: &Timeline) -> Vec<Slice> {
    let trace: Value = serde_json::from_str(&timeline.to_chrome_trace()).unwrap();
    let (mut open, mut slices) = (BTreeMap::<u64, Vec<Slice>>::new(), Vec::new());
    let mut latest = BTreeMap::<u64, f64>::new();
    for event in trace["traceEvents"].as_array().unwrap() {
        let text = |field: &str| event[field].as_str().unwrap().to_owned();
        let kind = text("ph");
        if kind == "M" {
            assert!(["process_name", "thread_name"].contains(&&*text("name")) && event["args"]["name"].is_string());
            continue;
        }
        assert_eq!(text("cat"), "withal");
        let (id, at) = (event["id"].as_u64().unwrap(), event["ts"].as_f64().unwrap());
        assert_eq!(event["tid"].as_u64(), Some(id));
        assert!(latest.insert(id, at).is_none_or(|before| before <= at), "{event}");
        let open = open.entry(id).or_default();
        if kind == "b" {
            let args = event["args"].as_object().into_iter().flatten();
            let args = args.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
            let process = event["pid"].as_u64().unwrap();
            open.push(Slice { process, id, name: text("name"), from: at, to: at, args });
        } else {
            assert_eq!(kind, "e");
            let slice = open.pop().expect("it ends what has begun");
            assert_eq!((&slice.name, Some(slice.process)), (&text("name"), event["pid"].as_u64()));
            slices.push(Slice { to: at, ..slice });
        }
    }
    assert!(open.values().all(Vec::is_empty), "all that begins ends");
    slices
}

fn named<'s>(slices: &'s [Slice], name: &str) -> &'s Slice {
    let mut all = slices.iter().filter(|slice| slice.name == name);
    let slice = all.next().unwrap_or_else(|| panic!("no {name} in {slices:#?}"));
    assert!(all.next().is_none(), "{name} is there twice");
    slice
}

/// The slices within that of a member: their names, times in milliseconds, and arguments.
fn within(slices: &[Slice], name: &str) -> Vec<String> {
    let id = named(slices, name).id;
    let own = slices.iter().filter(|slice| slice.id == id && slice.name != name);
    let shown = |slice: &Slice| {
        let args: Vec<_> = slice.args.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        format!("{} {}-{}{}", slice.name, slice.from / 1000.0, slice.to / 1000.0, args.concat())
    };
    own.map(shown).collect()
}

fn within_a_nano(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-4
}

#[test]
fn a_typical_scene() {
    let slices = slices(&shop().timeline);
    let scope = named(&slices, "shop");
    assert_eq!((scope.from, scope.to, &*scope.args["outcome"]), (0.0, 3_400_000.0, "completed"));
    assert_eq!((named(&slices, "body").from, named(&slices, "body").to), (1_200_000.0, 2_600_000.0));
    let postgres = ["entering 0-1200", "up 1200-2600", "exiting 2600-3400 outcome=completed"];
    assert_eq!(within(&slices, "[0] postgres"), postgres);
    let error = "connection reset by peer (os error 104)";
    let exit = format!("exiting 2600-2650 end=failed error={error} outcome=completed");
    assert_eq!(within(&slices, "[1] redis"), ["entering 0-200", "up 200-2600", &exit]);
    assert!(slices.iter().all(|slice| slice.process == 1));
}

/// Slices that overlap have different ids, unless one is within the other.
#[test]
fn siblings_stand_apart() {
    for scene in [shop(), hanging(), mishaps(), hostile(), crowd(100)] {
        let slices = slices(&scene.timeline);
        for (number, a) in slices.iter().enumerate() {
            for b in &slices[..number] {
                let apart = a.to <= b.from || b.to <= a.from;
                let nested = a.from <= b.from && b.to <= a.to || b.from <= a.from && a.to <= b.to;
                assert!(a.id != b.id || apart || nested, "{a:?} {b:?}");
                assert!(a.id != b.id || a.process == b.process);
            }
        }
        let members = scene.timeline.members().len();
        let mut tracks: Vec<_> = slices.iter().map(|slice| slice.id).collect();
        tracks.dedup();
        tracks.sort_unstable();
        tracks.dedup();
        let bodies = scene.timeline.scopes().iter().filter(|scope| scope.body().is_some()).count();
        assert_eq!(tracks.len(), members + bodies + scene.timeline.scopes().len());
    }
}

#[test]
fn all_that_can_go_wrong() {
    let slices = slices(&mishaps().timeline);
    let ends = |name: &str, last: &str| assert!(within(&slices, name).concat().ends_with(last), "{name}: {slices:#?}");
    ends("[1, 7] refused", "end=failed error=connection refused\nthe server said: \u{1b}[31mno\u{1b}[0m");
    ends("[0, 6] broken", "end=panicked error=panicked: out of cheese");
    ends("[0, 4] slow", "entering 0-60 end=late");
    ends("[0, 8] given-up", "entering 0-42 end=dropped");
    ends("[5] stuck", "exiting 140-180 end=late error=its deadline has elapsed outcome=the body failed");
    ends("[4] left", "up 100-185 end=abandoned");
    // Its exit did not begin.
    assert_eq!(named(&slices, "[5] never").args["error"], "its deadline has elapsed");
    let processes: Vec<_> = ["not in", "not out", ""].map(|name| named(&slices, name).process).into();
    assert_eq!(processes, [1, 2, 3]);
}

/// What is in flight lasts until now.
#[test]
fn a_scene_that_hangs() {
    let slices = slices(&hanging().timeline);
    let last = within(&slices, "[2] kafka").pop();
    assert_eq!(last.as_deref(), Some("exiting 1500-5100 end=still in flight outcome=completed"));
    assert!(named(&slices, "shop").args.is_empty() && within_a_nano(named(&slices, "shop").to, 5_100_000.0));
}

/// Names and errors of any characters are what they were.
#[test]
fn what_users_write_is_text() {
    let name = "a \"name\" with \\ \u{0}\u{1}\t\r\n\u{1f}\u{7f}\u{2028}\u{202e} \u{1f980}</script>";
    let scene = Scene::new();
    let scope = scene.timeline.open(name);
    let row = scope.member(&[0], name);
    scope.begin(row, Enter, None);
    scene.at_nanos(1_234_567);
    scope.end(row, Enter, End::Failed);
    scope.explain(row, Enter, name);
    scope.explain(row, Exit, "of an exit that never began");
    let slices = slices(&scene.timeline);
    named(&slices, name);
    assert_eq!(named(&slices, "entering").args["error"], name);
    assert!(within_a_nano(named(&slices, "entering").to, 1234.567));
    assert_eq!(named(&slices, &format!("[0] {name}")).args["error"], "of an exit that never began");
}

#[test]
fn nothing_at_all() {
    assert!(slices(&Timeline::new()).is_empty());
    let scene = Scene::new();
    scene.timeline.open("empty");
    assert_eq!(slices(&scene.timeline).len(), 1);
}
