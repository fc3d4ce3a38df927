#!/usr/bin/env bash
# Counts the instructions of every scene under valgrind, and sets a scope beside the same by hand.
#
#   benches/count.sh                                     # all
#   benches/count.sh '/[8]' once                         # the scenes that have all of this in their names
#   FEATURES=futures-concurrency/std benches/count.sh    # with the engine as another crate may have it
#   ANNOTATE=1 benches/count.sh 'scope/2, ready'         # where the instructions of these go
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "valgrind is missing: apt-get install valgrind" >&2; exit 3; }
build=$(cargo bench -p withal-benches --bench count --no-run --message-format=json ${FEATURES:+--features "$FEATURES"})
program=$(grep -o '"executable":"[^"]*/count-[^"]*"' <<<"$build" | cut -d'"' -f4)
counts=$(mktemp -d)
trap 'rm -r "$counts"' EXIT

# Nothing is counted but what happens in `counted`.
callgrind() {
  valgrind --tool=callgrind --callgrind-out-file="$counts/count" --toggle-collect='*::counted' "$@" \
    2>"$counts/messages" || { cat "$counts/messages" >&2; exit 1; }
}

if [ -n "${ANNOTATE:-}" ]; then
  callgrind "$program" run "$@"
  callgrind_annotate --auto=no "$counts/count" | sed -n '/PROGRAM TOTALS/,$p' | sed "s|$PWD/||; s| \[[^]]*\]$||"
  exit
fi

# One run for all: each call of `written_down` writes down a count, and starts a new one.
callgrind --dump-before='*::written_down' "$program" run "$@"
number=$("$program" list "$@" | wc -l)
for ((i = 1; i <= number; i++)); do grep -h '^totals:' "$counts/count.$i" | cut -d' ' -f2; done | "$program" table "$@"
