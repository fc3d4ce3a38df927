#!/usr/bin/env bash
# Fuzzes for so many seconds (an hour, if not told), guided by coverage: libFuzzer, with stable Rust and a C++ compiler.
# What it finds interesting stays in `target/fuzz/corpus` for the next run; further arguments go to libFuzzer.
set -euo pipefail
cd "$(dirname "$0")/../../.."
seconds=${1:-3600}
shift || true
host=$(rustc -vV | sed -n 's/^host: //p')
coverage=$(printf -- ' -Cllvm-args=-sanitizer-coverage-%s' level=4 inline-8bit-counters pc-table trace-compares)
mkdir -p target/fuzz/corpus
# With a target named, the flags are not for build scripts.
RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module$coverage" CARGO_INCREMENTAL=0 \
  cargo test --release --all-features --test laws --target "$host" --target-dir target/fuzz -- \
  -max_total_time="$seconds" -max_len=200 -len_control=0 -print_final_stats=1 -artifact_prefix="$PWD/target/fuzz/" "$@" \
  "$PWD/target/fuzz/corpus"
