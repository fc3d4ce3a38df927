//! The quick start of the README, pasted into a new crate, runs and prints what the page says.

use std::fs;
use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../../README.md");
const QUICK_START: &str = include_str!("../../src/docs/quick_start.md");

/// The first block of a page in this language.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("```{language}\n")).expect("the page has such a block");
    rest.split_once("```").expect("the block ends").0
}

#[test]
fn it_is_the_same_in_the_readme_and_in_the_documentation() {
    assert!(README.contains(QUICK_START), "README.md has src/docs/quick_start.md word for word");
}

#[test]
fn it_runs_in_a_new_crate_of_either_edition() {
    let repository =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository is there");
    // One folder for both editions and for later runs, so that the dependencies are built once.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("quick_start");
    fs::create_dir_all(folder.join("src")).expect("the folder is writable");
    fs::write(folder.join("src/main.rs"), block(README, "rust")).expect("the folder is writable");
    // The versions that the workspace has tested, which are on this machine.
    fs::copy(repository.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the workspace has a lock file");

    let here = format!("withal = {{ path = {repository:?} }}");
    let dependencies = block(README, "toml");
    assert!(dependencies.contains("withal = \"0.1\"\n"), "{dependencies}");
    let dependencies = dependencies.replace("withal = \"0.1\"", &here);
    for edition in ["2021", "2024"] {
        let package = format!("[package]\nname = \"hello\"\nedition = \"{edition}\"\n\n[workspace]\n\n");
        fs::write(folder.join("Cargo.toml"), package + &dependencies).expect("the folder is writable");
        let mut cargo = Command::new(std::env::var_os("CARGO").expect("cargo runs this test"));
        cargo.args(["run", "--quiet", "--offline"]).current_dir(&folder).env("CARGO_TARGET_DIR", folder.join("target"));
        let run = cargo.output().expect("cargo starts");
        let (stdout, stderr) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        assert!(run.status.success(), "edition {edition}: {stderr}");
        assert_eq!((&*stdout, &*stderr), (block(README, "text"), ""), "edition {edition}");
    }
}
