#!/usr/bin/env bash
# Counts the parser's instructions per line, and per byte of lines that never end, and fails if they are more than the
# budgets in instructions.rs.
#
#   benches/guard/run.sh
#
# Needs valgrind. The runner that gungraun needs is installed once, below the target folder.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
version=$(sed -n 's/^gungraun = "=\(.*\)"$/\1/p' benches/guard/Cargo.toml)
runner=$target/tools/gungraun-$version

command -v valgrind >/dev/null || { echo "valgrind is missing: apt-get install valgrind" >&2; exit 2; }
if [ ! -x "$runner/bin/gungraun-runner" ]; then
    # The runner's own speed does not matter: unoptimised, it is built in half the time.
    CARGO_TARGET_DIR=$target/tools/build cargo install --quiet --locked --debug \
        --root "$runner" --version "=$version" gungraun-runner
    rm -rf "$target/tools/build"
fi

export GUNGRAUN_RUNNER=$runner/bin/gungraun-runner
# Counts of earlier runs are of no interest: the budget is what counts.
counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
cargo bench --quiet --package parser-guard --bench instructions | tee "$counts"
# With symbols that callgrind does not find, everything takes no instructions at all and is within every budget.
if [ "$(grep -c 'Instructions: *[1-9]' "$counts")" -ne 13 ]; then
    echo "the instructions of 13 benchmarks were to be counted, and were not" >&2
    exit 1
fi
