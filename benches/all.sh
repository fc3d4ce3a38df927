#!/usr/bin/env bash
# Measures everything, one after the other, and prints it as Markdown: benches/all.sh >benches/RESULTS.md
set -euo pipefail
cd "$(dirname "$0")"
version() { cargo tree --edges normal --all-features --depth 1 --prefix none | grep -E "^$1 v" | head -1 | cut -d' ' -f1,2; }

echo '# Figures'
echo
echo "What they mean stands in [README.md](README.md). The machine: $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), virtual,"
echo "$(nproc) processors. $(rustc --version), $(version futures), $(version futures-buffered), $(version futures-concurrency),"
echo "$(version tokio), $(${PYTHON:-python3} --version), $(valgrind --version)."
section() { printf '\n## %s\n\n`%s`\n\n' "$1" "${*:2}"; env "${@:2}"; }
section 'Instructions: tuples and arrays' ./count.sh tuples
section 'Instructions: lists' ./count.sh lists
section 'Instructions: beside tokio' ./count.sh tasks
section 'Instructions: what scopes are composed of' ./count.sh composed
section 'Instructions: watched' ./count.sh watched
for program in tuples lists; do
  section "Instructions: $program, with the feature \`std\` of the engine" \
    FEATURES=futures-concurrency/std ./count.sh "$program"
done
section 'Memory' cargo bench --quiet --bench memory
section 'Memory, with the feature `std` of the engine' cargo bench --quiet --bench memory --features futures-concurrency/std
section 'Machine code' ./size.sh
section 'Compile time' ./compile.sh
section 'Many at once' ./many.sh
section 'Beside Python' ./gather.sh
