#!/usr/bin/env bash
# Times the example `services`: two real servers started and stopped at the same time, beside one after the other. The
# runs alternate, and the medians are told. The argument is how many there are of each.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-15}
cargo build -p withal-services --quiet --example services
example=${CARGO_TARGET_DIR:-target}/debug/examples/services
times=$(mktemp)
trap 'rm -f "$times"' EXIT

run() { # <name> [<option>]
  "$example" "${@:2}" | awk -v name="$1" '
    / started, pid/ && !started { started = 1; start = $1 }
    /servers: both ready/ { print name, "start", $1 - start }
    /told to stop/ && !stop { stop = $1 }
    /(postgres|redis): ended/ { end = $1 }
    END { print name, "stop", end - stop }' >>"$times"
}

median() { # <name> <phase>
  awk -v name="$1" -v phase="$2" '$1 == name && $2 == phase { print $3 }' "$times" | sort -n | awk '
    { all[NR] = $1 }
    END { print (NR % 2) ? all[(NR + 1) / 2] : (all[NR / 2] + all[NR / 2 + 1]) / 2 }'
}

for _ in $(seq "$runs"); do
  run together
  run in-order --one-after-the-other
done
printf '%-8s %12s %22s %6s\n' 'ms' together 'one after the other' ratio
for phase in start stop; do
  together=$(median together $phase)
  in_order=$(median in-order $phase)
  printf '%-8s %12s %22s %6s\n' "$phase" "$together" "$in_order" "$(awk "BEGIN { printf \"%.2f\", $together / $in_order }")"
done
