#!/usr/bin/env bash
# Counts the instructions of every scene under valgrind, and puts a scope beside the same by hand. What it costs to start
# the program falls out, as each scene is run 10 and 30 times.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "valgrind is missing: apt-get install valgrind" >&2; exit 3; }
program=$(cargo bench --quiet --bench count --no-run --message-format=json "$@" | grep -o '"executable":"[^"]*count-[^"]*"' | cut -d'"' -f4)

instructions() { # <scene> <times>
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 | grep -oE 'Collected : [0-9]+' | cut -d' ' -f3
}

per_run() { # <scene>
  echo $((($(instructions "$1" 30) - $(instructions "$1" 10)) / 20))
}

printf '%-30s %10s %10s %6s\n' scene scope 'by hand' ratio
"$program" list | grep '^scope/' | while read -r scene; do
  name=${scene#scope/}
  scope=$(per_run "scope/$name")
  hand=$(per_run "by hand/$name")
  printf '%-30s %10s %10s %6s\n' "$name" "$scope" "$hand" "$(awk "BEGIN { printf \"%.2f\", $scope / $hand }")"
done
printf '\n%-30s %10s %10s\n' 'bytes of the future' scope 'by hand'
"$program" size | while IFS=$'\t' read -r name scope hand; do
  printf '%-30s %10s %10s\n' "$name" "$scope" "$hand"
done
printf '\nheap allocations\n'
"$program" allocations
