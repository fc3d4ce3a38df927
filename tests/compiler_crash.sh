#!/usr/bin/env bash
# Checks that the compiler still crashes in an incremental build where the futures of scopes are captured bare, and not
# where each is wrapped in `async { scope.await }`: see the page "When it does not compile".
#
#   tests/compiler_crash.sh                             # with the default toolchain
#   RUSTUP_TOOLCHAIN=1.95.0 tests/compiler_crash.sh     # with another one
#
# Exit codes: 0 if it is as the page says, 1 if the wrapped one crashes too, 2 if a program does not build for another
# reason, 3 if the crash is gone, and the page and the setting in Cargo.toml can go.
set -euo pipefail
crate=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
# A crash leaves no file, and builds are incremental whatever the caller has set.
export RUSTC_ICE=0 CARGO_INCREMENTAL=1 CARGO_TERM_COLOR=never CARGO_TARGET_DIR=$place/target

# Writes a crate whose `main` demands that `job` is `Send`; `job` captures two scopes.
write() { # <name> <before each scope> <behind each scope>
  mkdir -p "$place/$1/src"
  cat >"$place/$1/Cargo.toml" <<END
[package]
name = "$1"
edition = "2024"

[dependencies]
anyhow = "1"
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
withal = { path = "$crate" }

[workspace]
END
  # The same versions as the crate is tested with.
  cp "$crate/Cargo.lock" "$place/$1/" 2>/dev/null || true
  cat >"$place/$1/src/main.rs" <<END
use withal::{ResourceExt, adopt};

async fn job() -> anyhow::Result<usize> {
    let (a, b) = tokio::join!(
        $2adopt("a".to_owned(), async |_, _| Ok(())).scope(async |a| anyhow::Ok(a.len()))$3,
        $2adopt("b".to_owned(), async |_, _| Ok(())).scope(async |b| anyhow::Ok(b.len()))$3,
    );
    Ok(a? + b?)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let sum = tokio::spawn(job()).await??;
    println!("before the edit: {sum}");
    Ok(())
}
END
}

build() { # <name>
  cargo build --quiet --manifest-path "$place/$1/Cargo.toml" >"$place/$1/told" 2>&1
}

# Builds, edits the caller alone, and builds again. Prints and returns whether the second build crashes.
crashes() { # <name>
  if ! build "$1"; then
    cat "$place/$1/told" >&2
    echo "$1: the first build fails" >&2
    exit 2
  fi
  sed 's/before the edit/behind the edit/' "$place/$1/src/main.rs" >"$place/$1/edited"
  mv "$place/$1/edited" "$place/$1/src/main.rs"
  if build "$1"; then
    echo "$1: builds again after an edit"
    return 1
  elif grep -q 'internal compiler error' "$place/$1/told"; then
    echo "$1: the compiler crashes after an edit"
    return 0
  fi
  cat "$place/$1/told" >&2
  echo "$1: the second build fails" >&2
  exit 2
}

rustc --version
write bare '' ''
write wrapped 'async { ' '.await }'
bare=no wrapped=no
if crashes bare; then bare=yes; fi
if crashes wrapped; then wrapped=yes; fi
case $bare-$wrapped in
  yes-no) echo 'as the page "When it does not compile" says' ;;
  *-yes)
    echo 'wrapping is no cure: correct src/docs/when_it_does_not_compile.md'
    exit 1
    ;;
  *)
    echo 'it is gone: remove the last section of src/docs/when_it_does_not_compile.md, the lines about it at `scope` and'
    echo '`Scope::run`, `incremental = false` in Cargo.toml, and this script, once no compiler in use has it'
    exit 3
    ;;
esac
