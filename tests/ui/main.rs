//! Mistakes, and what the compiler says to them.
//!
//! `fail/<mistake>.rs` does not compile, and `fail/<mistake>.stderr` is what the compiler says to it, word for word.
//! The program without the mistake is on the page `src/docs/when_it_does_not_compile.md`, where it is run as a doctest.
//! A new mistake needs these two files, a line in `ANSWERS`, and on the page the message and the program that compiles:
//! a section of their own, with a row in the table, or a part of one.
//!
//! `TRYBUILD=overwrite cargo test --test ui` records the answers anew. What must not get lost by that is in `ANSWERS`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../src/docs/when_it_does_not_compile.md");

const NO_RESOURCE: &str = "is no resource: it cannot be a member of a scope";
const IMPLEMENT: &str = "implement `withal::Resource` for it";
const NO_BODY_ERROR: &str =
    "cannot be the error of a scope's body: it needs `From<ScopeError>` and `std::error::Error`";
const FROM_SCOPE_ERROR: &str = "or give your error enum a variant `#[from] ScopeError`";
const NO_BODY: &str = "the body of this scope is no async closure that takes the guard";
const NOT_SEND: &str = "future cannot be sent between threads safely";
const EXIT_NOT_SEND: &str = "this exit is not `Send`, or is no async closure that takes the guard and the outcome";
const DROP: &str = "// drop that value before the `.await`, or use `scope_local`";
const CAPTURED: &str = "// captures what is not `Send`? `run_local`";
const LOCAL_RESOURCE: &str = "not `Send`? `local(..)`";
const MUT: &str =
    "// to use it again, or through a reference: `(&mut db).scope(..)`; for an `Arc`: `withal::shared(db)`";
const BOUND: &str = "is bound by `for<'r> F: SendBody<&'r mut R::Guard, Result<T, E>>`";
const LOCAL_VALUE: &str = "// the body's value; one that is not `Send` needs `scope_local`";
const ASYNC_CLOSURE: &str = "// it borrows the guard: `async |guard| {..}`, not `|guard| async {..}`";
const ANYHOW_OK: &str =
    "// not inferred? End the body in `anyhow::Ok(..)`, or state it: `async |guard| -> Result<_, E>`";
const NO_BOXED_ERROR: &str = "expected `Box<dyn Error + Send + Sync>`, found `std::io::Error`";
const AWAIT: &str = "a scope does nothing unless it is awaited";

/// For each mistake, what the first line has to say, and the cure that this crate has to name below it. Where the cure
/// is empty, or the compiler's own, the compiler gives no place to a hint of ours, or names the cure itself: then it is
/// on the page alone.
const ANSWERS: &[(&str, &str, &str)] = &[
    ("body_captures_rc", "`Rc<i32>` cannot be shared between threads safely", CAPTURED),
    ("body_error_not_inferred", "type annotations needed", ANYHOW_OK),
    ("body_error_without_error", NO_BODY_ERROR, "`#[derive(Debug, thiserror::Error)]`"),
    ("body_fn_by_value", "type mismatch in function arguments", "// it borrows the guard"),
    ("body_is_async_block", NO_BODY, ASYNC_CLOSURE),
    ("body_not_send", NOT_SEND, DROP),
    ("body_with_two_arguments", "closure is expected to take 1 argument, but it takes 2 arguments", ""),
    ("body_without_result", "mismatched types", ""),
    ("boxed_with_other_guard", "mismatched types", ""),
    ("closure_error_not_boxed", "mismatched types", NO_BOXED_ERROR),
    (
        "deadline_without_timer",
        "expected a `FnMut()` closure, found `Duration`",
        "// `|| tokio::time::sleep(duration)`",
    ),
    (
        "enter_borrows_from_body",
        "`db` does not live long enough",
        "// it outlives the body: owned, or borrowed from outside",
    ),
    ("exit_error_not_boxed", "mismatched types", NO_BOXED_ERROR),
    ("exit_not_send", EXIT_NOT_SEND, "goes into a `LocalResource` and through `local(..)`"),
    ("exit_without_outcome", "closure is expected to take 2 arguments, but it takes 1 argument", ""),
    ("fail_fast_without_group", "`Db` is no group of resources", "policies such as `fail_fast()` are for groups"),
    ("generic_body", NO_BODY, BOUND),
    ("guard_borrows_from_self", "missing lifetime in associated type", "// no borrow from `self`"),
    (
        "guard_not_send",
        "`Rc<str>` cannot be sent between threads safely",
        "not `Send`? `dyn Trait + Send`, or a `LocalResource`, by `local(..)`",
    ),
    (
        "guard_not_stated",
        "no method named `first` found for mutable reference `&mut <impl Resource as Resource>::Guard`",
        "",
    ),
    ("guard_returned", "lifetime may not live long enough", ""),
    ("guard_spawned", "borrowed data escapes outside of closure", ""),
    ("guard_stored", "lifetime may not live long enough", ""),
    ("handle_exit_as_method", "no method named `exit` found for struct `Handle<'_, '_, Vec<String>>`", ""),
    ("handle_returned", "lifetime may not live long enough", ""),
    ("hold_called", "this method takes 1 argument but 0 arguments were supplied", ""),
    ("hold_overridden", "module `member` is private", ""),
    ("inner_body_moves_outer_guard", "borrow of moved value: `rows`", ""),
    ("lend_twice", "use of moved value: `lend`", ""),
    ("lent_guard_borrows", "`text` does not live long enough", ""),
    ("local_not_wrapped", NO_RESOURCE, "becomes one by `withal::local(..)`"),
    ("local_scope_spawned", NOT_SEND, ""),
    ("local_scope_spawned_with_lifetime", "implementation of `AsyncFnOnce` is not general enough", ""),
    ("named_by_reference", "`name` does not live long enough", "a `String` of its own: `name.clone()`"),
    ("no_body_error", NO_BODY_ERROR, FROM_SCOPE_ERROR),
    ("no_body_error_from_std", NO_BODY_ERROR, "end the body in `anyhow::Ok(..)`"),
    ("no_member_error", "the trait bound `u8: Into<Box<(dyn ", "// implement `std::error::Error` for it"),
    ("no_resource", NO_RESOURCE, IMPLEMENT),
    ("no_resource_in_new", NO_RESOURCE, IMPLEMENT),
    ("no_resource_in_tuple", NO_RESOURCE, "`Scope::new(..)` names it"),
    ("no_resource_in_tuple_in_new", NO_RESOURCE, IMPLEMENT),
    ("no_resource_in_vec", NO_RESOURCE, IMPLEMENT),
    ("plain_closure", "type annotations needed", ""),
    ("plain_closure_with_type", "lifetime may not live long enough", ""),
    ("plain_closure_without_guard", "implementation of `AsyncFnOnce` is not general enough", ""),
    ("reaper_on_borrowed", "does not live long enough", "// what a reaper finishes cannot be borrowed"),
    (
        "reference_in_tuple",
        "the method `scope` exists for tuple `(&Db, Db)`, but its trait bounds were not satisfied",
        "",
    ),
    ("report_not_looked_at", "that must be used", "look at it, or call `into_result()`"),
    ("resource_as_dyn", "the trait `Resource` is not dyn compatible", "// `dyn`? `.boxed()`"),
    ("resource_behind_reference", "cannot move out of `*db` which is behind a shared reference", MUT),
    ("resource_in_arc", NO_RESOURCE, "or `withal::shared(resource)` for several scopes at once"),
    ("resource_not_send", NOT_SEND, LOCAL_RESOURCE),
    ("resource_used_twice", "use of moved value: `db`", MUT),
    (
        "resource_with_async_trait",
        "lifetime parameters or bounds on method `enter` do not match the trait declaration",
        "without `#[async_trait]`",
    ),
    ("run_not_awaited", "that must be used", AWAIT),
    ("scope_awaited_without_body", "`withal::Scope<Db>` is not a future", ""),
    ("scope_not_awaited", "that must be used", AWAIT),
    ("scope_without_body", "that must be used", "`run` or `report` methods is called and awaited"),
    ("signal_not_send", NOT_SEND, "// a signal that is not `Send` needs `run_local`"),
    ("stack_not_open", "no method named `enter` found for struct `ExitStack<'a>` in the current scope", ""),
    ("take_all_with_handle", "cannot borrow `*stack` as mutable because it is also borrowed as immutable", ""),
    ("then_borrows", "lifetime may not live long enough", ""),
    ("too_many_members", NO_RESOURCE, "tuple (of up to 12: more are nested, `((a, b), c)`)"),
    ("trait_not_imported", "no method named `scope` found for struct `Db` in the current scope", ""),
    ("value_not_send", "`Rc<usize>` cannot be sent between threads safely", LOCAL_VALUE),
];

// Before `#[test]`, which looks for `ignore` when it is expanded.
#[rustversion::attr(not(stable(1.95)), ignore = "the messages were recorded with rustc 1.95")]
#[test]
fn mistakes_are_answered_as_recorded() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}

#[test]
fn answers_name_the_cure() {
    for (mistake, first, cure) in ANSWERS {
        let answer = fs::read_to_string(format!("fail/{mistake}.stderr")).unwrap();
        let line = answer.lines().next().unwrap_or_default();
        assert!(line.starts_with("error"), "{mistake}: something comes before the error: {line}");
        assert!(line.contains(first), "{mistake}: the first line is no longer ours, or another one: {line}");
        assert!(answer.contains(cure), "{mistake}: the cure got lost: {cure}");
    }
}

#[test]
fn the_page_tells_every_message() {
    let page = words(PAGE);
    for (mistake, first, _) in ANSWERS {
        assert!(page.contains(first), "{mistake}: the page does not tell: {first}");
    }
}

/// Its rows are the sections, in order, each with a link to it.
#[test]
fn the_table_has_a_row_for_each_section() {
    let headings = sections(PAGE).into_iter().map(|section| section.lines().next().unwrap_or_default().to_owned());
    let begins = headings.map(|heading| format!("| [{}](#{}) | ", &heading[2..], anchor(&heading[2..])));
    let rows: Vec<_> = PAGE.lines().filter(|line| line.starts_with("| [")).collect();
    let begins: Vec<_> = begins.collect();
    assert_eq!(rows.len(), begins.len());
    for (row, begin) in rows.into_iter().zip(begins) {
        let cure = row.strip_prefix(&begin).unwrap_or_else(|| panic!("the row should begin {begin}, and it is {row}"));
        assert!(cure.ends_with(" |") && cure.split_whitespace().count() <= 8, "not a cure in a few words: {row}");
    }
}

/// The programs that compile are run with the documentation.
#[test]
fn every_section_of_the_page_has_a_program_that_compiles() {
    for section in sections(PAGE) {
        let heading = section.lines().next().unwrap_or_default();
        // Every other fence opens a program.
        let mut programs = section.lines().filter(|line| line.starts_with("```")).step_by(2);
        assert!(programs.any(|fence| fence == "```"), "no cure: {heading}");
    }
}

#[test]
fn every_mistake_has_an_answer() {
    let listed: Vec<_> = ANSWERS.iter().map(|(mistake, ..)| (*mistake).to_owned()).collect();
    assert_eq!(listed, programs());
}

/// The text without its line breaks.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The sections of a page, each with its heading. Within a program, a line that begins with `# ` is hidden.
fn sections(page: &str) -> Vec<String> {
    let mut sections = Vec::new();
    let mut is_program = false;
    for line in page.lines() {
        is_program ^= line.starts_with("```");
        if line.starts_with("# ") && !is_program {
            sections.push(String::new());
        }
        if let Some(section) = sections.last_mut() {
            *section += line;
            section.push('\n');
        }
    }
    sections
}

/// The anchor of a heading, as rustdoc derives it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|kept| kept.is_alphanumeric() || "-_ ".contains(*kept));
    kept.map(|kept| if kept == ' ' { '-' } else { kept.to_ascii_lowercase() }).collect()
}

/// The names of the programs that do not compile, in order.
fn programs() -> Vec<String> {
    let paths = fs::read_dir("fail").unwrap().map(|entry| entry.unwrap().path());
    let names = paths.filter(|path| path.extension() == Some("rs".as_ref())).map(|path| stem(&path));
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}
