#!/usr/bin/env bash
# Tries every mutant of src/, or of the parts that are named: tests/mutants.sh [core|build|dynamic|timeline|observe|testing]..
# What survives is in target/mutants/<part>/mutants.out/missed.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
# A few inputs, and one that fails is not made smaller: all that counts is that there is one.
export WITHAL_FUZZ_INPUTS=${WITHAL_FUZZ_INPUTS:-1500}

# Tries the mutants of a part that are not caught yet with these tests.
try() { # <part> <tests> <file>..
  local part=$1 tests=$2 arguments=()
  shift 2
  for name in ${tests//,/ }; do
    if [ "$name" = lib ]; then arguments+=(--cargo-arg=--lib); else arguments+=(--cargo-arg="--test=$name"); fi
  done
  for file; do arguments+=(--file "$file"); done
  mkdir -p "target/mutants/$part"
  cargo mutants --iterate --no-shuffle --jobs "${JOBS:-2}" --output "target/mutants/$part" "${arguments[@]}" ||
    [ $? = 2 ] # some survive
}

# First with those that kill most, then the survivors with the others.
for part in "${@:-core}"; do
  case $part in
    core)
      files=(src/adapt/{option,then,within}.rs 'src/error/**' 'src/group/**' 'src/hold/**' 'src/reaper/**' 'src/scope/**' 'src/panic.rs' src/call.rs)
      try core fuzz "${files[@]}" ;;
    build) try build closures 'src/build/**' 'src/local/**' ;;
    dynamic) try dynamic dynamic,fuzz 'src/dynamic/**' ;;
    timeline) try timeline lib 'src/timeline/**' ;;
    observe) try observe observe 'src/observe/**' ;;
  esac
done
