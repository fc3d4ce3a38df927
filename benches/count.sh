#!/usr/bin/env bash
# Counts the instructions of every scene under valgrind, and sets a scope beside the same by hand.
#
#   benches/count.sh                                        # all, in a minute
#   benches/count.sh '/[8]'                                 # the scenes with this in their names; several parts must all be there
#   FEATURES=futures-concurrency/std benches/count.sh       # with the engine as another crate may have it
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "valgrind is missing: apt-get install valgrind" >&2; exit 3; }
build=$(cargo bench --bench count --no-run --message-format=json ${FEATURES:+--features "$FEATURES"})
program=$(grep -o '"executable":"[^"]*/count-[^"]*"' <<<"$build" | cut -d'"' -f4)
counts=$(mktemp -d)
trap 'rm -r "$counts"' EXIT

# One run for all: nothing is counted but what happens in `counted`, and each call of `written_down` starts a new count.
valgrind --tool=callgrind --callgrind-out-file="$counts/count" --toggle-collect='*::counted' \
  --dump-before='*::written_down' "$program" run "$@" 2>"$counts/messages" || { cat "$counts/messages" >&2; exit 1; }
number=$("$program" list "$@" | wc -l)
for ((i = 1; i <= number; i++)); do grep -h '^totals:' "$counts/count.$i" | cut -d' ' -f2; done | "$program" table "$@"
