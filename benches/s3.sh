#!/usr/bin/env bash
# Measures `s3al fetch` and `s3al top --bucket` against `s5cmd cp` at its defaults, all from `rclone serve s3` on the loopback.
#
#   benches/s3.sh [--install]
#
# A markdown table goes to standard output, what hyperfine says to standard error. --install gets what is missing.
#
#   OBJECTS=20000    how many objects of about 5 kB    RUNS=5    how often each command runs; medians count
#   OUT=/tmp/s3al-bench     where the objects are copied to; /dev/shm leaves out what the disk's file system takes
#   LATENCY=30       so many milliseconds later each request arrives at the server (examples/delay.rs); 0 by default
#   WORK, S3AL, GENERATE    as for compare.sh
# shellcheck disable=SC2016 # backticks in single quotes are Markdown
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

objects=${OBJECTS:-20000}
work=$work/s3-$objects
results=$work/results
rows=$results/rows.md
data=$work/data
out=${OUT:-$work}/s3al-copies
latency=${LATENCY:-0}
delay=${DELAY:-$target/release/examples/delay}
server=
delayed=

finish() {
    remove_part
    if [ -n "$delayed" ]; then
        kill "$delayed" 2>/dev/null || true
        wait "$delayed" 2>/dev/null || true
    fi
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$out"
    print_table
}

write_data() {
    mkdir "$part"
    "$generate" --bytes $((objects * 5000)) --files "$objects" --layout simple --out "$part/logs"
}

start_server() {
    export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=secretexample AWS_REGION=us-east-1
    # Nothing of the user's own set-up takes part.
    export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
    unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL
    local port
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    endpoint=http://127.0.0.1:$port
    "$venv/bin/rclone" serve s3 "$data" --addr "127.0.0.1:$port" --config /dev/null \
        --auth-key "$AWS_ACCESS_KEY_ID,$AWS_SECRET_ACCESS_KEY" >"$work/server.log" 2>&1 &
    server=$!
    for _ in {1..100}; do
        kill -0 "$server" 2>/dev/null || fail "rclone ended: see $work/server.log"
        # The port is open as soon as a connection to it is.
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            if [ "$latency" -gt 0 ]; then start_delay "$port"; fi
            return
        fi
        sleep 0.1
    done
    fail 'rclone does not listen'
}

start_delay() {
    "$delay" "127.0.0.1:$1" "$latency" >"$work/delay" &
    delayed=$!
    for _ in {1..100}; do
        if [ -s "$work/delay" ]; then
            endpoint=http://$(cat "$work/delay")
            return
        fi
        sleep 0.1
    done
    fail 'the delay does not listen'
}

check() {
    diff -rq --exclude=.s3al "$data/logs" "$out/fetched" >&2 || fail 'fetch wrote other files than there are'
    diff -rq "$data/logs" "$out/copied" >&2 || fail 's5cmd wrote other files than there are'
    local expected found
    expected=$("$s3al" top -q --format csv "$data/logs" | md5sum)
    found=$("$s3al" top -q --format csv --bucket logs --endpoint-url "$endpoint" | md5sum)
    [ "$found" = "$expected" ] || fail 'top --bucket gives another answer than top on the files'
}

# cpu_ratio WHAT MOST NAME: a row for the time of the processor, against that of s5cmd
cpu_ratio() {
    local a b
    a=$(cpu s3 "$3")
    b=$(cpu s3 'cp')
    row "$1" "at most $2 times \`s5cmd cp\`" "$(calc "$a / $b")" "$(holds "$a <= $2 * $b")" \
        "$(seconds "$a") : $(seconds "$b")"
}

main() {
    case ${1:-} in
        --install) install_tools ;;
        '') ;;
        *)
            sed -n '2,/^# shellcheck/{/^# shellcheck/!s/^# \{0,1\}//p;s/^#$//p}' "${BASH_SOURCE[0]}"
            exit 2
            ;;
    esac
    need hyperfine jq awk python3
    for tool in rclone s5cmd; do
        [ -x "$venv/bin/$tool" ] || fail "$venv/bin/$tool is missing (--install gets it)"
    done
    build
    [ "$latency" -eq 0 ] || [ -x "$delay" ] || (cd "$repository" && cargo build --release --example delay)
    start_table
    trap finish EXIT
    make_once data write_data
    start_server
    echo "- $("$s3al" --version), s5cmd $("$venv/bin/s5cmd" version), $("$venv/bin/rclone" version | head -n 1)," \
        "$objects objects of about 5 kB, requests arrive $latency ms later, medians of $runs runs"
    measure s3 -N --prepare "rm -rf $out/fetched $out/copied" -- \
        cp "$venv/bin/s5cmd --endpoint-url $endpoint cp s3://logs/* $out/copied/" \
        fetch "$s3al fetch -q --bucket logs --endpoint-url $endpoint -o $out/fetched" \
        top "$s3al top -q --bucket logs --endpoint-url $endpoint"
    "$venv/bin/s5cmd" --endpoint-url "$endpoint" cp 's3://logs/*' "$out/copied/" >/dev/null
    "$s3al" fetch -q --bucket logs --endpoint-url "$endpoint" -o "$out/fetched"
    check
    ratio s3 '`fetch`' 0.8 fetch cp '`s5cmd cp`'
    cpu_ratio '`fetch`, processor time of the client' 0.5 fetch
    ratio s3 '`top --bucket`' 0.7 top cp '`s5cmd cp`'
}

main "$@"
