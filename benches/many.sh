#!/usr/bin/env bash
# Runs many scopes at once on tokio with two workers: 100,000 pairs, and 2,000 lists of a hundred. Each run is a process of
# its own. The ways alternate, and the medians are printed.
#
#   benches/many.sh [runs]      # 7 of each by default
set -euo pipefail
cd "$(dirname "$0")"
runs=${1:-7}
build=$(cargo bench --bench many --features runtime --no-run --message-format=json)
program=$(grep -o '"executable":"[^"]*/many-[^"]*"' <<<"$build" | cut -d'"' -f4)
out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
ways=(scope expert tasks)

median() { # <file> <column>
  sort -n -k"$2,$2" "$1" | awk -v column="$2" '{ all[NR] = $column } END { print all[int((NR + 1) / 2)] }'
}

printf '| at once | | a second | of the expert | processor, microseconds each | of the expert | bytes each | of the expert |\n'
printf '|---|---|---:|---:|---:|---:|---:|---:|\n'
for shape in pairs lists; do
  scopes=100000
  [ "$shape" = pairs ] || scopes=2000
  for ((run = 0; run < runs; run++)); do
    for way in "${ways[@]}"; do "$program" "$way" "$shape" "$scopes" >>"$out/$shape-$way"; done
  done
  for way in "${ways[@]}"; do
    echo "$way" "$(for column in 1 2 3; do median "$out/$shape-$way" $column; median "$out/$shape-expert" $column; done | xargs)"
  done | awk -v shape="$shape" -v scopes="$scopes" '{
    printf "| %d %s | %s | %d | %.2f | %.1f | %.2f | %d | %.2f |\n", scopes, shape, $1, scopes / ($2 / 1e6), $3 / $2,
      $4 / scopes, $4 / $5, $6 / scopes, $6 / $7
  }'
done
