#!/usr/bin/env bash
# Times a scope on tokio beside the same scene in Python.
set -euo pipefail
cd "$(dirname "$0")"
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is missing" >&2; exit 3; }
cargo bench --quiet --bench gather --no-run
times=$("$python" python/gather.py)
cargo bench --quiet --bench gather <<<"$times"
