#!/usr/bin/env bash
# Tries every mutant of src/, or of the parts that are named, with the tests that can see it:
#
#   cargo install cargo-mutants
#   tests/mutants.sh [core|adaptors|closures|dynamic|observe|timeline|testing]..
#
# What survives is in target/mutants/<part>/mutants.out/missed.txt. A part that was tried before goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/.."
# A few inputs, and one that fails is not made smaller: all that counts is that there is one.
export WITHAL_FUZZ_INPUTS=${WITHAL_FUZZ_INPUTS:-1500}

# Tries the mutants of a part that are not caught yet with these tests. `behaviour/dynamic,closures` runs two folders of
# that program, and `laws/fuzz` a folder of that one.
try() { # <part> <tests> <file>..
  local part=$1 tests=${2%%/*} folders=${2#"${2%%/*}"} arguments=() filters=()
  shift 2
  local name file
  for name in ${tests//,/ }; do
    case $name in
      lib) arguments+=(--cargo-arg=--lib) ;;
      *) arguments+=(--cargo-arg="--test=$name") ;;
    esac
  done
  for file; do arguments+=(--file "$file"); done
  for name in $(tr , ' ' <<<"${folders#/}"); do filters+=("$name::"); done
  mkdir -p "target/mutants/$part"
  cargo mutants --package withal --test-workspace true --iterate --no-shuffle --jobs "${JOBS:-2}" --output "target/mutants/$part" "${arguments[@]}" -- -- "${filters[@]}" ||
    case $? in 2 | 3) ;; *) exit 1 ;; esac # some survive, or were too slow
  # rustc 1.90 and later can crash in incremental builds, and such a mutant counts as one that does not compile.
  if grep -lr 'internal compiler error' "target/mutants/$part/mutants.out/log"; then
    echo 'the compiler crashed on those: try them with CARGO_INCREMENTAL=0, in a new folder' >&2
    exit 1
  fi
}

[ $# -gt 0 ] || set -- core adaptors closures dynamic observe timeline testing
for part; do
  # First with the tests that kill most, then the survivors with others.
  case $part in
    core)
      files=('src/error/**' 'src/group/**' 'src/member/**' 'src/reaper/**' 'src/scope/**' 'src/signal/**' src/{body,catch_unwind,kind,lock,outcome,panic_log,thin_vec,report,resource,stamp,unwind,wait_list}.rs)
      try core laws/fuzz "${files[@]}"
      try core abandon,behaviour,maps,panics,runtimes,unobserved "${files[@]}"
      CARGO_INCREMENTAL=0 try core observe "${files[@]}" ;;
    adaptors)
      try adaptors laws/fuzz 'src/adapt/**'
      try adaptors behaviour,retry,runtimes 'src/adapt/**' ;;
    closures)
      try closures behaviour/closures,by_hand 'src/closures/**' 'src/local/**' ;;
    dynamic)
      try dynamic behaviour/dynamic,by_hand,bad_input 'src/dynamic/**'
      CARGO_INCREMENTAL=0 try dynamic observe 'src/dynamic/**' ;;
    observe) try observe observe,unobserved 'src/observe/**' ;;
    timeline)
      try timeline lib 'src/timeline/**'
      try timeline observe 'src/timeline/**' ;;
    testing) try testing behaviour/testing 'src/testing/**' ;;
    *)
      echo "there is no part $part" >&2
      exit 2
      ;;
  esac
done
