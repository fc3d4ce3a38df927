#!/usr/bin/env bash
# Counts the instructions of scenes under valgrind, and prints a scope beside the same by hand.
#
#   benches/count.sh                                     # all programs but `watched`
#   benches/count.sh '/[8]' once                         # the scenes that have all of this in their names
#   benches/count.sh composed limit                      # the scenes of one program that have this in their names
#   FEATURES=futures-concurrency/std benches/count.sh    # with the engine as another crate may have it
#   ANNOTATE=1 benches/count.sh 'scope/2, ready'         # where the instructions of these go
#
# The programs are `pairs`, `twelves` and `arrays` (all three: `tuples`), `lists`, `tasks`, `composed` and `watched`. Only
# those are built that are needed: a name such as '/2' or 'Vec 10' says which of the plain ones.
set -euo pipefail
cd "$(dirname "$0")"
command -v valgrind >/dev/null || { echo "valgrind is missing: apt-get install valgrind" >&2; exit 3; }
features=(${FEATURES:+--features "$FEATURES"})
case "${1:-}" in
  pairs | twelves | arrays | lists | tasks | composed) programs=("$1"); shift ;;
  tuples) programs=(pairs twelves arrays); shift ;;
  watched) programs=("$1"); features+=(--features watched); shift ;;
  *tokio*) programs=(tasks) ;;
  *Vec*) programs=(lists) ;;
  */[24]*) programs=(pairs) ;;
  */12*) programs=(twelves) ;;
  */[[8]*) programs=(arrays) ;;
  *) programs=(pairs twelves arrays lists tasks composed) ;;
esac
build=$(cargo bench "${programs[@]/#/--bench=}" --no-run --message-format=json "${features[@]}")
counts=$(mktemp -d)
trap 'rm -r "$counts"' EXIT

# Nothing is counted but what happens in `counted`.
callgrind() {
  valgrind --tool=callgrind --callgrind-out-file="$counts/count" --toggle-collect='*::counted' "$@" \
    2>"$counts/messages" || { cat "$counts/messages" >&2; exit 1; }
}

for name in "${programs[@]}"; do
  program=$(grep -o "\"executable\":\"[^\"]*/$name-[^\"]*\"" <<<"$build" | cut -d'"' -f4)
  number=$("$program" list "$@" | wc -l)
  [ "$number" != 0 ] || continue
  rm -f "$counts"/*
  if [ -n "${ANNOTATE:-}" ]; then
    callgrind "$program" run "$@"
    callgrind_annotate --auto=no "$counts/count" | sed -n '/PROGRAM TOTALS/,$p' | sed "s|${PWD%/*}/||; s| \[[^]]*\]$||"
    continue
  fi
  # One run for all: each call of `written_down` writes down a count, and starts a new one.
  callgrind --dump-before='*::written_down' "$program" run "$@"
  for ((i = 1; i <= number; i++)); do grep -h '^totals:' "$counts/count.$i" | cut -d' ' -f2; done | "$program" table "$@"
done
