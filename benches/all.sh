#!/usr/bin/env bash
# Measures everything, one after the other, and prints it as Markdown: benches/all.sh >benches/RESULTS.md
set -euo pipefail
cd "$(dirname "$0")/.."
version() { cargo tree --edges normal,dev --depth 1 --prefix none | grep -E "^$1 v" | head -1 | cut -d' ' -f1,2; }

echo '# Figures'
echo
echo "What they mean stands in [README.md](README.md). The machine: $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), virtual,"
echo "$(nproc) processors. $(rustc --version), $(version futures), $(version futures-concurrency), $(version tokio),"
echo "$(${PYTHON:-python3} --version), $(valgrind --version)."
section() { printf '\n## %s\n\n`%s`\n\n' "$1" "${*:2}"; env "${@:2}"; }
section 'Instructions' benches/count.sh
section 'Instructions, with the feature `std` of the engine' FEATURES=futures-concurrency/std benches/count.sh
section 'Memory' cargo bench -p withal-benches --quiet --bench memory
section 'Memory, with the feature `std` of the engine' cargo bench -p withal-benches --quiet --bench memory --features futures-concurrency/std
section 'Compile time' benches/compile.sh
section 'Beside Python' benches/gather.sh
