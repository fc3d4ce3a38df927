#!/usr/bin/env bash
# Prints the bytes of machine code of one more scope over a pair, beside the same by hand by an expert: from programs
# with one scope and with eleven.
set -euo pipefail
cd "$(dirname "$0")"

text() { # [cfg]..: the bytes of machine code of the program
  local build
  build=$(cargo rustc --profile bench --bench size --message-format=json --quiet -- "${@/#/--cfg=}")
  size -A "$(grep -o '"executable":"[^"]*"' <<<"$build" | cut -d'"' -f4)" | awk '$1 == ".text" { print $2 }'
}

printf 'bytes of machine code\n\n| | scope | expert | ratio |\n|---|---:|---:|---:|\n'
scope=$(text) expert=$(text by_hand)
scopes=$(text eleven) experts=$(text by_hand eleven)
owns=$(text own_members eleven) own_experts=$(text by_hand own_members eleven)
own=$(text own_members) own_expert=$(text by_hand own_members)
awk -v s="$scope" -v e="$expert" -v ss="$scopes" -v ee="$experts" -v o="$own" -v oe="$own_expert" -v os="$owns" -v oes="$own_experts" '
  function row(what, s, e) { printf "| %s | %d | %d | %.2f |\n", what, s, e, s / e }
  BEGIN {
    row("a program with one", s, e)
    row("one more, of the same members with another body", (ss - s) / 10, (ee - e) / 10)
    row("one more, of members of its own", (os - o) / 10, (oes - oe) / 10)
  }'
