#!/usr/bin/env bash
# Times how long the compiler checks a scope over twelve members, beside the same by hand with the same guarantee.
#
#   benches/compile.sh [runs]      # 15 of each by default, in turn; the processor's time, not the clock's
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")"
runs=${1:-15}
build=$(cargo build --quiet --bench check --message-format=json)
library() { grep -o "\"[^\"]*/lib$1-[0-9a-f]*\.rlib\"" <<<"$build" | tr -d '"'; }
withal=$(library withal)
futures=$(library futures)
out=$(mktemp -d)
trap 'rm -r "$out"' EXIT

compile() { # <source> [options]
  rustc --edition 2024 --emit=metadata --cap-lints allow -L "dependency=${withal%/*}" --extern "withal=$withal" \
    --extern "futures=$futures" --out-dir "$out" "compile/$1.rs" "${@:2}" 2>"$out/messages"
}

time_one() { # <name> <source> [options]: notes the milliseconds of the processor
  local TIMEFORMAT='%3U %3S'
  { time compile "${@:2}"; } 2>"$out/time" || { cat "$out/messages" >&2; exit 1; }
  awk '{ print int(($1 + $2) * 1000) }' "$out/time" >>"$out/$1.times"
}

for ((run = 0; run < runs; run++)); do
  time_one nothing nothing
  time_one hand by_hand
  time_one scope scope
  time_one hands by_hand --cfg more
  time_one scopes scope --cfg more
done

median() { sort -n "$out/$1.times" | sed -n "$(((runs + 1) / 2))p"; }
printf 'milliseconds of the processor to check a scope of twelve, medians of %s\n\n' "$runs"
awk -v n="$(median nothing)" -v h="$(median hand)" -v s="$(median scope)" -v hh="$(median hands)" -v ss="$(median scopes)" '
  function row(what, s, h) { printf "| %s | %d | %d | %.2f |\n", what, s, h, s / h }
  BEGIN {
    printf "| | scope | by hand | ratio |\n|---|---:|---:|---:|\n"
    row("a program with one", s, h)
    row("the same, without the start of the compiler (" n ")", s - n, h - n)
    row("each further one, of other members", (ss - s) / 2, (hh - h) / 2)
  }'
