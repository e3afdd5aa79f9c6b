# shellcheck shell=bash
# What compare.sh and s3.sh share: measuring, and the table. To be sourced.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$repository/target}

work=${WORK:-/tmp/s3al-bench}     # where everything is written that is generated
runs=${RUNS:-5}                   # how often each command runs; the median counts
s3al=${S3AL:-$target/release/s3al}
generate=${GENERATE:-$target/release/examples/generate-logs}
venv=$work/venv
results=$work/results
rows=$results/rows.md

# Everything that the sections measure, section by section, ends up in one table, also if a section fails.
start_table() {
    mkdir -p "$results"
    : >"$rows"
}

print_table() {
    [ -s "$rows" ] || return 0
    printf '\n| what | bar | measured | holds | times |\n|---|---|---|---|---|\n'
    cat "$rows"
}

# row WHAT BAR MEASURED HOLDS TIMES
row() {
    printf '| %s | %s | %s | %s | %s |\n' "$@" | tee -a "$rows" >&2
}

# measure SECTION [HYPERFINE-OPTION ...] -- NAME COMMAND [NAME COMMAND ...]
measure() {
    local section=$1 options=()
    shift
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    while [ $# -gt 0 ]; do
        options+=(--command-name "$1" "$2")
        shift 2
    done
    # What has just been written must not be on its way to the disk meanwhile.
    sync
    hyperfine --warmup 1 --runs "$runs" --export-json "$results/$section.json" "${options[@]}" >&2
}

# median SECTION NAME: seconds
median() {
    jq --raw-output --arg name "$2" '.results[] | select(.command == $name) | .median' "$results/$1.json"
}

# cpu SECTION NAME: seconds of processor time, in the program and in the system
cpu() {
    jq --raw-output --arg name "$2" '.results[] | select(.command == $name) | .user + .system' "$results/$1.json"
}

# calc EXPRESSION [FORMAT]
calc() {
    awk "BEGIN { printf \"${2:-%.2f}\", ($1) }"
}

# holds EXPRESSION: yes or no
holds() {
    awk "BEGIN { print ($1) ? \"yes\" : \"**no**\" }"
}

seconds() {
    calc "$1" '%.3f s'
}

# ratio SECTION WHAT MOST NAME BASE [BASE-TEXT]: a row for a time that may be at most so many times another
ratio() {
    local section=$1 what=$2 most=$3 name=$4 base=$5
    local a b
    a=$(median "$section" "$name")
    b=$(median "$section" "$base")
    row "$what" "at most $most times ${6:-\`$base\`}" "$(calc "$a / $b")" "$(holds "$a <= $most * $b")" \
        "$(seconds "$a") : $(seconds "$b")"
}

# need COMMAND ...: whether all of them are there
need() {
    local missing=()
    for command; do
        command -v "$command" >/dev/null || missing+=("$command")
    done
    [ ${#missing[@]} -eq 0 ] || fail "missing: ${missing[*]} (--install gets what can be had)"
}

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 2
}

# The packages of Debian, and those of Python into an environment of their own.
install_tools() {
    local sudo=()
    [ "$(id -u)" = 0 ] || sudo=(sudo)
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" apt-get install -qq --no-install-recommends goaccess gzip hyperfine jq mawk python3-venv time zstd >&2
    mkdir -p "$work"
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$repository/benches/requirements.txt"
}

# Builds what is measured and what writes the logs, unless they are there or named by S3AL and GENERATE.
build() {
    [ -x "$s3al" ] || (cd "$repository" && cargo build --release)
    [ -x "$generate" ] || (cd "$repository" && cargo build --release --example generate-logs)
}

# make_once NAME COMMAND ...: runs a command that writes the file or folder $part, which gets its name when it is whole
make_once() {
    local name=$1
    shift
    [ ! -e "$work/$name" ] || return 0
    echo "making $work/$name" >&2
    part=$work/$name.part
    rm -rf "$part"
    "$@"
    mv "$part" "$work/$name"
    part=
}

remove_part() {
    [ -z "${part:-}" ] || rm -rf "$part"
}
