use super::scenes::{Open, Scene, TOLD, crowd, hanging, hostile, mishaps, shop};
use roxmltree::{Document, Node};
use std::collections::BTreeSet;
use withal::OutcomeKind;
use withal::Phase::{Enter, Exit};
use withal::Timeline;
use withal::timeline::End;

/// Parses the picture, which has to be well-formed, and looks at it.
pub fn parsed<T>(timeline: &Timeline, look: impl FnOnce(&Document<'_>) -> T) -> T {
    let svg = timeline.to_svg();
    match Document::parse(&svg) {
        Ok(document) => look(&document),
        Err(error) => panic!("{error}\n{svg}"),
    }
}

fn all() -> Vec<Timeline> {
    [shop, hanging, mishaps, hostile].map(|scene| scene().timeline).into_iter().chain([Timeline::new()]).collect()
}

fn elements<'a>(document: &'a Document<'_>, class: &str) -> Vec<Node<'a, 'a>> {
    let has = |node: &Node<'_, '_>| node.attribute("class").is_some_and(|all| all.split(' ').any(|one| one == class));
    document.descendants().filter(has).collect()
}

fn title<'a>(node: Node<'a, 'a>) -> &'a str {
    node.children().find(|child| child.has_tag_name("title")).and_then(|title| title.text()).unwrap_or("")
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap_or_else(|| panic!("no {name}: {node:?}")).parse().unwrap()
}

/// Returns all that is shown without a pointer that rests on it.
fn shown(document: &Document<'_>) -> String {
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    let parts = texts.flat_map(|text| text.descendants().filter(Node::is_text));
    let visible = parts.filter(|part| !part.parent().is_some_and(|parent| parent.has_tag_name("title")));
    visible.filter_map(|part| part.text()).collect::<Vec<_>>().join("\n")
}

fn style() -> String {
    let styles = |document: &Document<'_>| {
        let mut styles = document.descendants().filter(|node| node.has_tag_name("style"));
        styles.next().and_then(|style| style.text()).unwrap().to_owned()
    };
    parsed(&shop().timeline, styles)
}

#[test]
fn a_typical_scene() {
    parsed(&shop().timeline, |document| {
        let root = document.root_element();
        assert_eq!((root.tag_name().name(), root.tag_name().namespace()), ("svg", Some("http://www.w3.org/2000/svg")));
        assert_eq!(title(root), "Timeline of shop");
        assert!(
            shown(document).starts_with("shop\ncompleted, 3.4 s in all, 1 failure\nenter\nexit\n0 s\n500 ms\n1 s\n")
        );
        assert!(
            shown(document).contains("\n\u{2022} could not exit [1] redis: connection reset by peer (os error 104)\n")
        );
        let tooltips: Vec<_> = ["enter", "up", "exit", "body"].map(|class| title(elements(document, class)[0])).into();
        assert_eq!(
            tooltips,
            [
                "[0] postgres\nentering: 1.2s\nfrom 0ns to 1.2s",
                "[0] postgres\nup: 1.4s\nfrom 1.2s to 2.6s",
                "[0] postgres\nexiting: 800ms\nfrom 2.6s to 3.4s\ntold: completed",
                "body\nbody: 1.4s\nfrom 1.2s to 2.6s"
            ]
        );
        let failed = title(elements(document, "exit")[1]);
        let words = "connection reset by peer (os error 104)";
        assert_eq!(failed, format!("[1] redis\nexiting: 50ms, failed\nfrom 2.6s to 2.65s\ntold: completed\n{words}"));
    });
}

/// A letter stands beside each bar that did not end well, and the bar has an outline of its own.
#[test]
fn no_colour_stands_alone() {
    parsed(&mishaps().timeline, |document| {
        let letters: String = elements(document, "letter").iter().filter_map(Node::text).collect();
        assert_eq!(letters, "LPDF".to_owned() + "FPALA" + "AD" + "FPLDA", "those of three scopes, and the legend");
        for (class, marks) in [("bad", ["failed", "panicked"]), ("cut", ["late", "dropped"])] {
            let told: Vec<_> = elements(document, class).into_iter().map(title).collect();
            assert!(
                !told.is_empty() && told.iter().all(|text| marks.iter().any(|mark| text.contains(mark))),
                "{told:?}"
            );
        }
        for word in ["entering", "up", "exiting", "body", "failed", "panicked", "late", "dropped", "abandoned"] {
            assert!(shown(document).lines().any(|line| line == word), "{word} is not explained");
        }
    });
    parsed(&hanging().timeline, |document| {
        let letters: String = elements(document, "letter").iter().filter_map(Node::text).collect();
        assert_eq!(letters, "+++");
        assert!(shown(document).contains("\n\u{2022} [2] kafka has been exiting for 3.6 s\n"));
    });
}

/// Whatever has a colour in the light has another in the dark.
#[test]
fn both_colour_schemes() {
    let style = style();
    let (light, dark) = style.split_once("@media (prefers-color-scheme:dark){").unwrap();
    let coloured = |style: &str| {
        let rules = style.lines().filter(|rule| rule.contains('#'));
        let selectors =
            rules.flat_map(|rule| rule.split('{').next().unwrap().split(',').map(str::to_owned).collect::<Vec<_>>());
        selectors.collect::<BTreeSet<_>>()
    };
    let bold = ".withal-timeline .h".to_owned();
    assert!(!coloured(light).contains(&bold) && coloured(light).len() > 15, "{:?}", coloured(light));
    assert_eq!(coloured(light), coloured(dark));
    // An old page does not tell cases apart.
    let folded: BTreeSet<_> = coloured(light).iter().map(|selector| selector.to_lowercase()).collect();
    assert_eq!(folded.len(), coloured(light).len());
    for selector in coloured(&style) {
        assert!(selector.starts_with(".withal-timeline "), "{selector} reaches into the page around it");
    }
}

#[test]
fn it_needs_nothing_else() {
    for timeline in all() {
        parsed(&timeline, |document| {
            let known = ["svg", "title", "desc", "style", "defs", "pattern", "rect", "path", "circle", "text", "tspan"];
            for node in document.descendants().filter(Node::is_element) {
                assert!(known.contains(&node.tag_name().name()), "{node:?}");
                for attribute in node.attributes() {
                    let name = attribute.name();
                    assert!(!name.starts_with("on") && name != "href" && name != "style", "{attribute:?}");
                }
            }
        });
    }
    let style = style();
    assert!(!style.contains("@import") && !style.contains("http"));
    assert_eq!(style.matches("url(").count(), style.matches("url(#withal-exit)").count());
}

#[test]
fn what_users_write_is_text() {
    let timeline = hostile().timeline;
    parsed(&timeline, |document| {
        let name = "<script>alert('&amp;')</script>]]>\\u{1}\\u{202e}\u{fffd}";
        assert_eq!(title(elements(document, "h")[0]), name);
        assert_eq!(title(document.root_element()), format!("Timeline of {name}"));
        let exit = title(elements(document, "exit")[0]);
        assert!(exit.starts_with("[0, 17, 3] a-very-long-name-of-a-member/a-very-"), "{exit}");
        assert!(exit.ends_with("\"quoted\" 'so' and so on\n\\u{0}\\u{1b}[0m"), "{exit}");
        let label = document.descendants().find(|node| title(*node).starts_with("[0, 17, 3] a-very-long")).unwrap();
        assert_eq!(label.last_child().unwrap().text(), Some("[0, 17, 3] a-very-lo\u{2026}a-member/"));
    });
}

/// A name that is written from right to left turns neither its path nor the sentence around it. Nothing is left open in
/// what is shortened.
#[test]
fn names_that_turn_the_line_are_isolated() {
    let isolated = |name: &str| format!("\u{2068}{name}\u{2069}");
    for letter in ["\u{5d0}", "\u{628}", "\u{664}", "\u{fb21}", "\u{fe8d}", "\u{10900}", "\u{1e900}"] {
        let (name, scene) = (format!("a-{letter}"), Scene::new());
        let scope = scene.timeline.open(&name);
        scope.explain(scene.member(&scope, &[1], &name, [0, 1, 2, 3]), Exit, "404 is not a name");
        scope.begin(scope.member(&[2], &name), Enter, None);
        let long = letter.repeat(200);
        scope.begin(scope.member(&[3], &long), Enter, None);
        scope.explain(scope.member(&[4], &name), Exit, &"on and on ".repeat(30));
        scope.explain(scope.member(&[5], "plain"), Exit, "no luck");
        parsed(&scene.timeline, |document| {
            let (shown, name) = (shown(document), isolated(&name));
            let lines: Vec<_> = shown.lines().collect();
            assert_eq!(lines[0], name);
            assert!(lines.contains(&format!("[1] {name}").as_str()), "{shown}");
            assert!(
                lines.contains(&format!("\u{2022} could not exit [1] {name}: 404 is not a name").as_str()),
                "{shown}"
            );
            assert!(lines.contains(&format!("\u{2022} [2] {name} has been entering for 0 s").as_str()), "{shown}");
            assert!(lines.contains(&"\u{2022} could not exit [5] plain: no luck"), "{shown}");
            assert!(title(elements(document, "exit")[0]).starts_with(&format!("[1] {name}\nexiting")), "{shown}");
            assert_eq!(title(document.root_element()), format!("Timeline of {name}"));
            let description = document.descendants().find(|node| node.has_tag_name("desc")).unwrap();
            assert!(description.text().unwrap().starts_with(&format!("{name}: open")));
            assert!(lines.iter().filter(|line| line.contains('\u{2026}')).count() >= 3, "{shown}");
            for text in document.descendants().filter(Node::is_text).filter_map(|text| text.text()) {
                let depths = text.chars().scan(0_i32, |depth, character| {
                    *depth += i32::from(character == '\u{2068}') - i32::from(character == '\u{2069}');
                    Some(*depth)
                });
                let depths: Vec<_> = depths.collect();
                assert!(
                    depths.iter().all(|depth| [0, 1].contains(depth)) && depths.last().is_none_or(|last| *last == 0),
                    "{text}"
                );
            }
        });
    }
    for timeline in all() {
        assert!(!timeline.to_svg().contains(['\u{2068}', '\u{2069}']), "nothing turns the line");
    }
}

/// Nothing reaches out of the picture, no label reaches into the bars, and no bar is too short to be seen.
#[test]
fn all_is_in_its_place() {
    for timeline in all() {
        parsed(&timeline, |document| {
            let root = document.root_element();
            let (width, height) = (number(root, "width"), number(root, "height"));
            let bars = elements(document, "enter").into_iter().filter(|bar| !title(*bar).is_empty());
            let plot = bars.map(|bar| number(bar, "x")).fold(f64::INFINITY, f64::min);
            let placed =
                document.descendants().filter(|node| node.has_attribute("x") && node.parent_element().is_some());
            for node in placed {
                let (x, y) = (number(node, "x"), number(node, "y"));
                let right = x + node.attribute("width").map_or(0.0, |width| width.parse().unwrap());
                let bottom = y + node.attribute("height").map_or(0.0, |height| height.parse().unwrap());
                assert!(x >= 0.0 && right <= width && y >= 0.0 && bottom <= height, "{node:?}");
                let is_label = node.has_tag_name("text") && !node.has_attribute("class");
                if let (true, Some(text)) = (is_label, node.last_child().and_then(|text| text.text())) {
                    let columns = super::scenes::columns(text);
                    let most = if text.starts_with('\u{2022}') { width - x } else { plot - x };
                    assert!(7.3 * f64::from(u32::try_from(columns).unwrap()) < most, "{text}");
                }
            }
            for bar in ["enter", "up", "exit"].into_iter().flat_map(|class| elements(document, class)) {
                assert!(number(bar, "width") >= 3.0, "{bar:?}");
            }
        });
    }
}

#[test]
fn bars_stand_side_by_side() {
    for timeline in all() {
        parsed(&timeline, |document| {
            let bars = document.descendants().filter(|node| node.has_tag_name("rect") && !title(*node).is_empty());
            let mut bars: Vec<_> = bars.collect();
            let middle = |bar: Node<'_, '_>| number(bar, "y") + number(bar, "height") / 2.0;
            bars.sort_by(|a, b| (middle(*a), number(*a, "x")).partial_cmp(&(middle(*b), number(*b, "x"))).unwrap());
            for pair in bars.windows(2).filter(|pair| title(pair[0]).lines().next() == title(pair[1]).lines().next()) {
                let end = number(pair[0], "x") + number(pair[0], "width");
                assert!(end <= number(pair[1], "x") + 0.01 || middle(pair[0]) < middle(pair[1]), "{pair:?}");
            }
        });
    }
}

#[test]
fn nothing_at_all_and_one_instant() {
    parsed(&Timeline::new(), |document| assert_eq!(shown(document), "no scope was recorded"));
    let scene = Scene::new();
    let scope = scene.timeline.open("");
    scope.close(OutcomeKind::Completed);
    let row = scope.member(&[], "never entered");
    parsed(&scene.timeline, |document| assert!(shown(document).contains("never entered")));
    scope.begin(row, Enter, None);
    scope.end(row, Enter, End::Done);
    scope.begin(row, Exit, TOLD);
    scope.end(row, Exit, End::Done);
    parsed(&scene.timeline, |document| {
        assert_eq!((elements(document, "enter").len(), elements(document, "exit").len()), (2, 2), "with the legend");
    });
}

/// Where everything is, to the pixel, in two pictures. With `WITHAL_RECORD=1` this writes them anew: look at them
/// before you keep them.
#[test]
fn as_they_were_looked_at() {
    for (scene, name) in [(mishaps(), "mishaps"), (hostile(), "hostile")] {
        let file = format!("{}/observe/charts/{name}.svg", env!("CARGO_MANIFEST_DIR"));
        let drawn = scene.timeline.to_svg();
        if std::env::var_os("WITHAL_RECORD").is_some() {
            std::fs::write(&file, &drawn).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap();
        for (number, (drawn, kept)) in drawn.lines().zip(kept.lines()).enumerate() {
            assert_eq!(drawn, kept, "line {} of {file}", number + 1);
        }
        assert_eq!(drawn.len(), kept.len());
    }
}

/// A scope of which nothing is known but that it was has a heading, and no axis.
#[test]
fn no_rows_and_no_axis() {
    let scene = Scene::new();
    scene.timeline.open("empty").close(OutcomeKind::Completed);
    parsed(&scene.timeline, |document| {
        assert_eq!((elements(document, "h").len(), elements(document, "c").len()), (1, 0));
    });
}

/// The axis stands below the rows, too, where the one above them is far away.
#[test]
fn a_second_axis() {
    for (members, axes) in [(25, 1), (26, 2)] {
        parsed(&crowd(members).timeline, |document| {
            let ticks = elements(document, "t").into_iter().filter_map(|tick| tick.text());
            assert_eq!(ticks.filter(|tick| *tick == "0 s").count(), axes, "{members}");
        });
    }
}

/// A name that is shown in full needs no tooltip.
#[test]
fn a_label_that_fits() {
    for (length, shortened) in [(26, false), (27, true)] {
        let scene = Scene::new();
        scene.member(&scene.timeline.open(""), &[0], &"n".repeat(length), [0, 1, 2, 3]);
        parsed(&scene.timeline, |document| {
            let full = format!("[0] {}", "n".repeat(length));
            let labels =
                document.descendants().filter(|node| node.has_tag_name("text") && !node.has_attribute("class"));
            let titles: Vec<_> = labels.map(title).filter(|title| !title.is_empty()).collect();
            assert_eq!(titles == [full.as_str()], shortened, "{titles:?}");
        });
    }
}

/// Ten times the rows take ten times the picture, and a row is small.
#[test]
fn thousands_of_rows() {
    let small = crowd(1_000).timeline.to_svg().len();
    let large = crowd(10_000).timeline.to_svg().len();
    assert!(large < small * 11, "{small} {large}");
    assert!(large < 10_000 * 700, "{large}");
    parsed(&crowd(3_000).timeline, |document| {
        assert_eq!(elements(document, "exit").len(), 3_001);
        let ticks = elements(document, "t").into_iter().filter_map(|tick| tick.text());
        assert_eq!(ticks.filter(|tick| *tick == "1 ms").count(), 2, "an axis at each end");
    });
}
