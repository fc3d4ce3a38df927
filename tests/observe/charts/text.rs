use super::scenes::{Open, Scene, columns, crowd, hanging, hostile, mishaps, shop};
use withal::OutcomeKind;
use withal::Phase::Enter;
use withal::Timeline;
use withal::timeline::End;

/// The chart in the documentation of [`Timeline`].
const SHOP: &str = "\
shop: completed, 3.4 s in all, 1 failure
                                  0 s                1 s                2 s                 3 s
               enter      exit    |------------------|------------------|-------------------|-------
body                 ran 1.4 s                           ###########################
[0] postgres   1.2 s    800 ms    >>>>>>>>>>>>>>>>>>>>>>>===========================<<<<<<<<<<<<<<<<
[1] redis     200 ms     50 ms F  >>>===============================================F
- could not exit [1] redis: connection reset by peer (os error 104)

> entering   = up   < exiting   # body   F failed";

#[test]
fn a_typical_scene() {
    assert_eq!(shop().timeline.to_string(), SHOP);
    let shown = |line: &str| format!("/// {line}").trim_end().to_owned() + "\n";
    let docs: String = SHOP.lines().map(shown).collect();
    assert!(include_str!("../../../src/timeline/observer.rs").contains(&docs), "the documentation shows another chart");
}

#[test]
fn a_scene_that_hangs() {
    let expected = "\
shop: open, 5.1 s so far
                                  0 s                      2 s                       4 s
               enter      exit    |------------------------|-------------------------|--------------
body                ran 800 ms             ##########
[0] postgres  700 ms     3.2 s +  >>>>>>>>>===============<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<+
[1] redis     700 ms    400 ms    >>>>>>>>>==========<<<<<
[2] kafka     700 ms     3.6 s +  >>>>>>>>>==========<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<+
- [2] kafka has been exiting for 3.6 s
- [0] postgres has been exiting for 3.2 s

> entering   = up   < exiting   # body   + still in flight";
    assert_eq!(hanging().timeline.to_string(), expected);
}

#[test]
fn all_that_can_go_wrong() {
    let expected = "\
not in: panicked, 70 ms in all, 3 failures
                                   0 s                      50 ms
                 enter     exit    |------------------------|---------
[0, 4] slow      60 ms L           >>>>>>>>>>>>>>>>>>>>>>>>>>>>>L
[0, 6] steady    20 ms     5 ms    >>>>>>>>>>====================<<
[0, 6] broken    42 ms P           >>>>>>>>>>>>>>>>>>>>P
[0, 8] given-up  42 ms D           >>>>>>>>>>>>>>>>>>>>D
[1, 5] quick     10 ms    10 ms    >>>>>=========================<<<<<
[1, 7] refused   30 ms F           >>>>>>>>>>>>>>F
- could not enter [1, 7] refused: connection refused
    the server said: \\u{1b}[31mno\\u{1b}[0m
- could not enter [0, 6] broken: panicked: out of cheese
- could not enter [0, 4] slow: late

not out: the body failed, 80 ms in all, opened at 100 ms, 3 failures
                             0 s                     50 ms
           enter     exit    |-----------------------|----------------
body            ran 40 ms F  ##################F
[4] mine     0 s    10 ms P  >==================<<<<P
[4] left     0 s             >=======================================A
[5] stuck    0 s    40 ms L  >==================<<<<<<<<<<<<<<<<<<L
[5] never    0 s             >====================================A
- could not exit [4] mine: panicked
- could not exit [5] stuck: its deadline has elapsed
- could not exit [5] never: its deadline has elapsed

scope: cancelled, 5 ms in all, opened at 180 ms
                               0 s            2 ms            4 ms
              enter    exit    |--------------|---------------|-------
[0] cut        1 ms            >>>>>>>===============================A
[1] given-up   5 ms D          >>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>D

> entering   = up   < exiting   # body   F failed   P panicked
    L late   D dropped   A abandoned";
    assert_eq!(mishaps().timeline.to_text(70), expected);
}

#[test]
fn nothing_at_all() {
    let scene = Scene::new();
    assert_eq!(scene.timeline.to_string(), "no scope was recorded");
    scene.timeline.open("").close(OutcomeKind::Completed);
    scene.at(5);
    scene.timeline.open("late\n");
    let expected = "scope: completed, 0 s in all\n\nlate\\n: open, 0 s so far, opened at 5 ms";
    assert_eq!(scene.timeline.to_string(), expected);
}

/// What took no time is seen all the same.
#[test]
fn one_instant() {
    let scene = Scene::new();
    let scope = scene.timeline.open("flash");
    scene.member(&scope, &[], "a", [0, 0, 0, 0]);
    scope.body_begins();
    scope.body_ends(End::Done);
    scope.close(OutcomeKind::Completed);
    let expected = "\
flash: completed, 0 s in all
                       0 s
      enter    exit    |------------------------------------
body        ran 0 s    #
a       0 s     0 s    ><

> entering   < exiting   # body";
    assert_eq!(scene.timeline.to_text(60), expected);
}

/// Short times at the end of a long scope stay apart, and within the chart.
#[test]
fn short_times_at_the_far_end() {
    let scene = Scene::new();
    let scope = scene.timeline.open("");
    scene.member(&scope, &[0], "a", [59_990, 59_992, 59_995, 60_000]);
    scope.body_begins();
    scope.close(OutcomeKind::Completed);
    let text = scene.timeline.to_string();
    let bars: Vec<_> = text.lines().skip(3).take(2).map(|line| line.split("  ").last().unwrap().trim()).collect();
    assert_eq!(bars, ["+", ">=<"]);
    assert!(text.lines().all(|line| line.len() <= 100), "{text}");
}

/// The time of the body stands below both headings, and makes room for itself.
#[test]
fn a_long_body_beside_short_phases() {
    let scene = Scene::new();
    let scope = scene.timeline.open("night");
    scope.body_begins();
    scene.at((23 * 60 + 59) * 60_000);
    scope.body_ends(End::Failed);
    scope.close(OutcomeKind::Failed);
    let expected = "\
night: the body failed, 23 h 59 min in all
                         0 s              12 h
        enter    exit    |----------------|-----------------
body  ran 23 h 59 min F  ##################################F";
    let text = scene.timeline.to_text(60);
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn rows_fit_the_columns() {
    let scene = Scene::new();
    let scope = scene.timeline.open("long names, long times");
    for place in 0..12 {
        let row = scope.member(&[place, 1_000_000], &"a/b".repeat(20 + place));
        scope.begin(row, Enter, None);
    }
    scene.at((23 * 60 + 59) * 60_000);
    for columns in [0, 60, 79, 100, 250, usize::MAX] {
        for timeline in [&scene.timeline, &hostile().timeline, &mishaps().timeline] {
            check_width(timeline, columns);
        }
    }
    let (short, full) = (scene.timeline.to_string(), format!("{:#}", scene.timeline));
    assert!(short.contains("- and 2 more are in flight\n") && !full.contains("more are in flight"), "{full}");
    assert!(short.contains("\n[11, 1000000] a/ba/ba..ba/ba/b  23 h 59 min +"), "{short}");
    let name = "a/b".repeat(31);
    assert!(full.contains(&format!("\n[11, 1000000] {name}  23 h 59 min +")), "{full}");
}

/// Rows stand one below the other, as wide as was asked for at most.
fn check_width(timeline: &Timeline, wanted: usize) {
    let text = timeline.to_text(wanted);
    let most = wanted.clamp(60, 1000);
    for line in text.lines().filter(|line| line.starts_with(['[', ' ']) && !line.starts_with("    the")) {
        assert!(columns(line) <= most, "{wanted}: {line}");
    }
    let ruler = text.lines().find(|line| line.contains("|--")).unwrap();
    assert!(columns(ruler) == most && ruler.matches('-').count() >= 8, "{wanted}: {ruler}");
}

/// All that can be drawn, with names and times of every length, wide characters, and a clock that ends.
fn extremes() -> Vec<Timeline> {
    let mut all: Vec<_> = [shop, hanging, mishaps, hostile].map(|scene| scene().timeline).into();
    for length in [7, 300] {
        for letter in ["n", "\u{6570}", "\u{26a1}", "e\u{301}"] {
            let scene = mishaps();
            for (at, millis) in [u64::MAX / 1_000_000, 190, 23 * 3_600_000 + 59 * 60_000].into_iter().enumerate() {
                let name = letter.repeat(length);
                let scope = scene.timeline.open(&name);
                let rows = [&[][..], &[at], &[1_000_000, at, 1_000_000]].map(|path| scope.member(path, &name));
                for row in rows {
                    scope.begin(row, Enter, None);
                }
                scope.end(rows[0], Enter, End::Failed);
                scope.end(rows[1], Enter, End::Done);
                scope.body_begins();
                scene.at(millis);
                scope.begin(rows[1], withal::Phase::Exit, None);
                scope.abandoned(rows[0]);
                scope.end(rows[2], Enter, End::Panicked);
                if at == 2 {
                    scope.close(OutcomeKind::EnterFailed);
                }
            }
            all.push(scene.timeline);
        }
    }
    let (scene, end) = (Scene::new(), u64::MAX / 1_000_000);
    scene.member(&scene.timeline.open("slow"), &[0, 1_000_000], &"n".repeat(30), [0, end / 2, end / 2, end]);
    all.push(scene.timeline);
    all
}

/// Every line is as wide as was asked for at most, whatever kind it is of; but for the sentences.
#[test]
fn every_line_fits_the_columns() {
    for timeline in extremes() {
        let mut charts: Vec<_> = [0, 59]
            .into_iter()
            .chain(60..=200)
            .map(|wanted| (usize::max(wanted, 60), timeline.to_text(wanted)))
            .collect();
        charts.push((100, timeline.to_string()));
        for (most, text) in charts {
            for part in text.split("\n\n") {
                for line in part.lines().take_while(|line| !line.starts_with("- ")) {
                    assert!(columns(line) <= most, "{most}: {line}");
                }
            }
        }
    }
}

#[test]
fn a_heading_and_a_legend_that_go_on() {
    let timeline = extremes().remove(4);
    let text = timeline.to_text(60);
    assert!(text.starts_with("not in: panicked, 70 ms in all, 3 failures\n"), "{text}");
    assert!(text.contains("\nnnnnnnn: open, 213503 d 23 h so far, opened at 185 ms,\n    2 failures\n"), "{text}");
    let legend = "> entering   = up   < exiting   # body   F failed\n    \
                  P panicked   L late   D dropped   A abandoned\n    + still in flight";
    assert!(text.ends_with(legend), "{text}");
}

#[test]
fn thousands_of_rows() {
    let text = crowd(10_000).timeline.to_string();
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(rows.len(), 10_000);
    assert!(rows[0].starts_with("[0] Server         0 s     100 ns    >==") && rows[0].ends_with("=<"), "{}", rows[0]);
    assert!(rows[9_999].starts_with("[9999] Server     1 ms       1 ms    >>"), "{}", rows[9_999]);
}
