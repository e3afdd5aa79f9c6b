#!/usr/bin/env bash
# Measures s3al against wc, cat, find, zcat, zstd and other tools that answer the same question, as ratios within one run.
#
#   benches/compare.sh [--install] [SECTION ...]
#
# Sections: wc detect dashboard raw ndjson keys files pipe gzip zstd others json sql memory startup threads reports growth processors.
# All of them if none is named, but for `sql`, which is for a program that was built with --features sql, and `processors`, which
# compares with a program that was built without AVX-512.
# A markdown table goes to standard output, what hyperfine says to standard error.
#
#   --install   get what is missing, from Debian and PyPI
#
#   SIZE=1.2G   the size of the log         FILES=100000     how many files it is cut into for `files`
#   PIPE=10G    what `memory` reads         RUNS=5           how often each command runs; medians count
#   WORK=/tmp/s3al-bench                    where the logs are written and stay: 7 times SIZE, and 9 times more during `growth`
#   S3AL=target/release/s3al                what is measured
#   AVX2=target/avx2/release/s3al           what `processors` compares it with, built with --no-default-features
#   GENERATE=target/release/examples/generate-logs
#
# For a look at whether it works: SIZE=50M FILES=2000 PIPE=200M RUNS=2 benches/compare.sh
# shellcheck disable=SC2016 # backticks in single quotes are Markdown
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=measure.sh
. "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

sections=(wc detect dashboard raw ndjson keys files pipe gzip zstd others json memory startup threads reports growth)
size=$(numfmt --from=si "${SIZE:-1.2G}")
pipe=$(numfmt --from=si "${PIPE:-10G}")
files=${FILES:-100000}
# Logs of another size are other logs.
work=$work/$size
results=$work/results
rows=$results/rows.md
log=$work/log

finish() {
    remove_part
    rm -rf "$work/growth"
    print_table
}

# The logs

write_log() { # BYTES [OPTION ...]
    local bytes=$1
    shift
    "$generate" --bytes "$bytes" --out "$part" "$@"
}

log() {
    make_once log write_log "$size"
    cat "$log" >/dev/null # into the page cache
}

write_gzip() { gzip --stdout "$log" >"$part"; }
write_zstd() { zstd --quiet --stdout "$log" >"$part"; }

# FILTER is a shell command for one part of four.
write_quarters() {
    mkdir "$part"
    split --number=l/4 --filter="$1" "$log" "$part/log-"
}

quarters() { # NAME SUFFIX FILTER
    # split sets FILE.
    make_once "$1" write_quarters "$3"' >"$FILE".'"$2"
}

# repeat FILE BYTES: the file again and again, until there are so many bytes, to standard output
repeat() {
    local one times
    one=$(stat --format=%s "$1")
    times=$((($2 + one - 1) / one))
    for ((; times > 0; times--)); do cat "$1"; done
}

# The sections

section_wc() {
    log
    measure wc -N -- \
        'wc -l' "wc -l $log" \
        top "$s3al top -q $log" \
        failed "$s3al failed -q $log" \
        large-downloads "$s3al large-downloads -q $log"
    for command in top failed large-downloads; do
        ratio wc "\`$command\`, one file" 1.5 "$command" 'wc -l'
    done
}

section_detect() {
    log
    # It ends with 1 where it finds something.
    measure detect -N --ignore-failure -- 'wc -l' "wc -l $log" detect "$s3al detect -q $log"
    ratio detect '`detect`, all rules, one file' 4 detect 'wc -l'
}

section_dashboard() {
    log
    local page=$work/dashboard.html
    measure dashboard -N -- 'wc -l' "wc -l $log" dashboard "$s3al dashboard -q -o $page $log"
    ratio dashboard '`dashboard`, a page' 6 dashboard 'wc -l'
    row '…and its memory' 'stated' "$(resident "$s3al" dashboard -q -o "$page" "$log") MB" - -
}

section_raw() {
    log
    measure raw -N -- \
        'wc -l' "wc -l $log" \
        raw "$s3al export -q --format raw --status 4xx,5xx $log"
    ratio raw '`export --format raw --status 4xx,5xx`' 2.5 raw 'wc -l'
}

section_ndjson() {
    log
    measure ndjson -N -- ndjson "$s3al export -q --format ndjson $log"
    local time speed
    time=$(median ndjson ndjson)
    speed=$(calc "$(stat --format=%s "$log") / 1e6 / $time" %.0f)
    row '`export --format ndjson`, all fields' 'at least 400 MB/s' "$speed MB/s" "$(holds "$speed >= 400")" \
        "$(seconds "$time")"
}

section_keys() {
    # Nearly all keys are new, but some requests name no object: 1.7 times the log holds 2 million keys where the log is 1.2 GB.
    local keys=$work/keys distinct
    make_once keys write_log $((size * 17 / 10)) --keys 18000000000000000000
    cat "$keys" >/dev/null
    distinct=$("$s3al" top -q --by key --limit 0 --format csv "$keys" | tail -n +2 | wc -l)
    measure keys -N -- 'wc -l' "wc -l $keys" top "$s3al top -q --by key $keys"
    ratio keys "\`top --by key\`, $distinct distinct keys" 6 top 'wc -l'
    row '…and its memory' 'stated' "$(resident "$s3al" top -q --by key "$keys") MB" - -
}

write_files() {
    "$generate" --bytes "$size" --files "$files" --layout simple --out "$part"
}

section_files() {
    local folder=$work/files-$files
    make_once "files-$files" write_files
    measure files -N -- \
        'find -exec cat' "find $folder -type f -exec cat {} +" \
        top "$s3al top -q $folder"
    ratio files "\`top\`, the same in $files files" 1.3 top 'find -exec cat' '`find DIR -type f -exec cat {} +`'
}

section_pipe() {
    log
    measure pipe -- \
        file "$s3al top -q $log" \
        'cat | cat' "cat $log | cat" \
        pipe "cat $log | $s3al top -q -"
    local file cat from_pipe most
    file=$(median pipe file)
    cat=$(median pipe 'cat | cat')
    from_pipe=$(median pipe pipe)
    most=$(calc "$cat > 1.5 * $file ? $cat : 1.5 * $file" %f)
    row '`top`, standard input from a pipe' 'at most 1.5 times the file, or `cat file \| cat`, if that is slower' \
        "$(calc "$from_pipe / $file") times the file, $(calc "$from_pipe / $cat") times \`cat \\| cat\`" \
        "$(holds "$from_pipe <= $most")" "$(seconds "$from_pipe") : $(seconds "$file"), $(seconds "$cat")"
}

section_gzip() {
    log
    make_once log.gz write_gzip
    quarters gzip-files gz gzip
    compressed gzip zcat "zcat $log.gz" "$log.gz"
}

section_zstd() {
    log
    make_once log.zst write_zstd
    quarters zstd-files zst 'zstd --quiet'
    compressed zstd 'zstd -dc' "zstd --quiet -dc $log.zst" "$log.zst"
}

compressed() { # SECTION NAME COMMAND FILE
    local folder=$work/$1-files
    measure "$1" -- \
        "$2" "$3 >/dev/null" \
        one "$s3al top -q $4" \
        'several, one thread' "$s3al top -q --threads 1 $folder" \
        several "$s3al top -q $folder"
    ratio "$1" "\`top\`, one $1 file" 1.15 one "$2"
    faster "$1" "\`top\`, four $1 files, $(nproc) threads" 'uses all cores: 1.8 times one thread' 1.8 several \
        'several, one thread'
}

# faster SECTION WHAT BAR LEAST NAME BASE: a row for a time that has to be so many times shorter than another. LEAST is - where
# the row is for information only.
faster() {
    local a b verdict=-
    a=$(median "$1" "$5")
    b=$(median "$1" "$6")
    [ "$4" = - ] || verdict=$(holds "$b >= $4 * $a")
    row "$2" "$3" "$(calc "$b / $a" %.1f)" "$verdict" "$(seconds "$a") : $(seconds "$b")"
}

section_others() {
    # Without lines that are hard to read: the cheapest queries of the others would not be right about these.
    local plain=$work/plain here python
    here=$repository/benches
    python=$venv/bin/python
    need goaccess mawk
    [ -x "$python" ] || fail "$venv is missing (--install makes it)"
    make_once plain write_log "$size" --hard-share 0 --bad-share 0
    cat "$plain" >/dev/null

    local top="$s3al top -q --limit 0 --format json"
    $top "$plain" | answer >"$work/answer"
    local queries=(mawk "mawk -f $here/others.awk $plain")
    local tool
    for tool in duckdb-csv duckdb-split clickhouse; do
        queries+=("$tool" "$python $here/others.py $tool $plain")
    done
    for ((tool = 0; tool < ${#queries[@]}; tool += 2)); do
        ${queries[tool + 1]} | cmp - "$work/answer" || fail "${queries[tool]} gives another answer than s3al"
    done
    echo "s3al, mawk, DuckDB and ClickHouse agree" >&2

    measure others -N -- s3al "$top $plain" "${queries[@]}"
    local fastest=mawk
    for tool in duckdb-csv duckdb-split clickhouse; do
        faster others "top 10 requesters and failures: s3al to $tool" - - s3al "$tool"
        if [ "$(calc "$(median others "$tool") < $(median others "$fastest")" %d)" = 1 ]; then fastest=$tool; fi
    done
    faster others 'top 10 requesters and failures: s3al to mawk' - - s3al mawk
    faster others "top 10 requesters and failures: s3al to the fastest of these, $fastest" '8 times faster' 8 s3al "$fastest"

    goaccess_json "$plain" >"$work/goaccess.json"
    # It leaves out lines without an address or a request, S3's own work. What it read must agree with s3al but for these.
    jq --exit-status --raw-output --slurpfile s3al <($top "$plain") '
        ([.status_codes.data[] | select(.data | test("^[45]")) | .hits.count] | add) as $failed
        | ($s3al[0].tables.requesters | map(.errors) | add) as $expected
        | "GoAccess read \(.general.valid_requests) of \(.general.total_requests) lines",
          ($failed <= $expected and $failed >= 0.95 * $expected)
        ' "$work/goaccess.json" >&2 || fail 'GoAccess gives another answer than s3al'
    measure goaccess --shell=bash -- s3al "$top $plain" GoAccess "$(declare -f goaccess_json); goaccess_json $plain"
    faster goaccess 'top 10 requesters and failures: s3al to GoAccess' '100 times faster' 100 s3al GoAccess
}

# What the others answer, from the requesters of `top` as JSON.
answer() {
    jq --raw-output '.tables.requesters
        | (.[:10][] | "\(.requests)\t\(.requester // "-")"), "\(map(.errors) | add)\tfailed"'
}

section_json() {
    # As many records as make half the size of the log: 600 MB where that is 1.2 GB.
    local json=$work/json here=$repository/benches python=$venv/bin/python
    [ -x "$python" ] || fail "$venv is missing (--install makes it)"
    make_once json write_log $((size / 2)) --format json --hard-share 0 --bad-share 0
    cat "$json" >/dev/null
    local top="$s3al top -q --limit 0 --format json $json" duckdb="$python $here/others.py duckdb-json $json"
    $duckdb | cmp - <($top | answer) || fail 'DuckDB gives another answer than s3al about the JSON delivery'
    measure json -N -- s3al "$top" DuckDB "$duckdb"
    faster json 'the same of the JSON delivery: s3al to DuckDB' 'twice as fast' 2 s3al DuckDB
}

section_sql() {
    # The same lines as for the others, so that all give the same answer.
    local plain=$work/plain store=$work/store here=$repository/benches python=$venv/bin/python
    need mawk
    [ -x "$python" ] || fail "$venv is missing (--install makes it)"
    make_once plain write_log "$size" --hard-share 0 --bad-share 0
    cat "$plain" >/dev/null
    local query="select requester, count(*) as requests, count(*) filter (where http_status >= 400) as failed from logs group by requester"
    printf '%s\n' "$query" >"$work/question.sql"
    local sql="$s3al sql -q --limit 0 --format csv -f $work/question.sql"

    # The store is made anew each time.
    measure convert -N --prepare "rm -rf $store" -- convert "$s3al convert -q $plain -o $store"
    local time speed memory kept
    time=$(median convert convert)
    speed=$(calc "$(stat --format=%s "$plain") / 1e6 / $time" %.0f)
    row '`convert`' 'at least 200 MB/s' "$speed MB/s" "$(holds "$speed >= 200")" "$(seconds "$time")"
    rm -rf "$store"
    memory=$(resident "$s3al" convert -q "$plain" -o "$store")
    row '…and its memory' 'under 600 MB' "$memory MB" "$(holds "$memory < 600")" -
    kept=$(du --bytes --summarize "$store" | cut -f1)
    row '…and the store' 'at most 10 % of the log' "$(calc "100 * $kept / $(stat --format=%s "$plain")" %.1f) %" \
        "$(holds "$kept <= 0.1 * $(stat --format=%s "$plain")")" -
    "$python" "$here/others.py" duckdb-copy "$store" "$work/copy.parquet"
    local copied
    copied=$(stat --format=%s "$work/copy.parquet")
    row '…to the same rows as DuckDB writes them with zstd' 'at most 0.8' "$(calc "$kept / $copied")" \
        "$(holds "$kept <= 0.8 * $copied")" "$((kept / 1000000)) MB : $((copied / 1000000)) MB"

    $sql "$plain" | tail -n +2 | sort >"$work/answer-sql"
    $sql "$store" | tail -n +2 | sort | cmp - "$work/answer-sql" || fail 'a store gives another answer than its log'
    "$python" "$here/others.py" duckdb-store "$store" | cmp - <(sort -t, -k2,2nr -k1,1 "$work/answer-sql" | head -n 10 | sed 's/^,/-,/') ||
        fail 'DuckDB gives another answer than s3al'
    measure sql -N -- log "$sql $plain" top "$s3al top -q --limit 0 --format json $plain" store "$sql $store" \
        duckdb-csv "$python $here/others.py duckdb-csv $plain" duckdb-split "$python $here/others.py duckdb-split $plain"
    local other
    for other in duckdb-csv duckdb-split; do
        faster sql "\`sql\` over the log: s3al to $other" '5 times faster' 5 log "$other"
    done
    ratio sql '`sql` over the log' 1.5 log top '`top`'
    # DuckDB is a library of Python here, which takes several times as long to begin as for the question: so it measures itself.
    local ours theirs
    ours=$(median sql store)
    theirs=$(for ((run = 0; run < runs; run++)); do "$python" "$here/others.py" duckdb-seconds "$store"; done |
        sort --numeric-sort | sed -n "$((runs / 2 + 1))p")
    row '`sql` over the store' 'at most 1.2 times DuckDB on it, without its start' "$(calc "$ours / $theirs")" \
        "$(holds "$ours <= 1.2 * $theirs")" "$(seconds "$ours") : $(seconds "$theirs")"
}

# Only the panels that are needed, and only the fields up to the status.
goaccess_json() {
    goaccess --no-global-config --no-progress --http-method=no --http-protocol=no --output=json \
        --date-format=%d/%b/%Y --time-format=%H:%M:%S \
        --log-format='%^ %v [%d:%t %^] %h %e %^ %^ %^ "%r" %s %^' \
        --ignore-panel=VISITORS --ignore-panel=REQUESTS --ignore-panel=REQUESTS_STATIC --ignore-panel=NOT_FOUND \
        --ignore-panel=HOSTS --ignore-panel=OS --ignore-panel=BROWSERS --ignore-panel=VISIT_TIMES \
        --ignore-panel=VIRTUAL_HOSTS --ignore-panel=REFERRERS --ignore-panel=REFERRING_SITES \
        --ignore-panel=KEYPHRASES --ignore-panel=GEO_LOCATION "$1"
}

# resident COMMAND ...: the most memory that it took, in MB; its input is that of the caller
resident() {
    /usr/bin/time --format=%M --output="$work/resident" "$@" >/dev/null
    calc "$(tail -n 1 "$work/resident") * 1024 / 1e6" %.0f
}

section_memory() {
    log
    local memory
    memory=$(repeat "$log" "$pipe" | resident "$s3al" top -q -)
    row "resident memory of \`top\`, $(numfmt --to=si "$pipe")B from a pipe" 'under 64 MB' "$memory MB" \
        "$(holds "$memory < 64")" -
}

section_startup() {
    log
    head -n 10 "$log" >"$work/ten-lines"
    runs=$((runs * 20)) measure startup -N -- \
        version "$s3al --version" \
        failed "$s3al failed -q $work/ten-lines"
    local what time
    for what in version:'`s3al --version`' failed:'`failed`, 10 lines'; do
        time=$(median startup "${what%%:*}")
        row "start-up: ${what#*:}" 'under 10 ms' "$(calc "$time * 1000" %.1f) ms" "$(holds "$time < 0.010")" -
    done
}

section_growth() {
    # Sizes in steps of ten, 0.1, 1 and 10 GB where the log is 1.2 GB.
    local folder=$work/growth step=$((size / 12)) times commands=()
    make_once step write_log "$step"
    step=$(stat --format=%s "$work/step")
    mkdir -p "$folder"
    for times in 1 10 100; do
        repeat "$work/step" $((step * times)) >"$folder/$times"
        commands+=("$times" "$s3al top -q $folder/$times")
    done
    measure growth -N -- "${commands[@]}"
    local speeds=() sizes=()
    for times in 1 10 100; do
        speeds+=("$(calc "$step * $times / 1e6 / $(median growth "$times")" %.0f)")
        sizes+=("$(numfmt --to=si $((step * times)))B")
    done
    local least most spread
    least=$(printf '%s\n' "${speeds[@]}" | sort -n | head -n 1)
    most=$(printf '%s\n' "${speeds[@]}" | sort -n | tail -n 1)
    spread=$(calc "100 * ($most - $least) / $most" %.0f)
    row "\`top\`, ${sizes[0]}, ${sizes[1]}, ${sizes[2]}" 'within 15 % of the same MB/s' "$spread %" \
        "$(holds "$spread <= 15")" "${speeds[0]}, ${speeds[1]}, ${speeds[2]} MB/s"
    rm -rf "$folder"
}

section_threads() {
    log
    measure threads -N -- \
        one "$s3al top -q --threads 1 $log" \
        two "$s3al top -q --threads 2 $log"
    faster threads '`top`, one and two threads' 'at least 1.8 times' 1.8 two one
}

section_reports() {
    log
    # The log begins on 1 August 2026, and is of a week.
    local report bar commands=() reports=(
        'timeline' 3
        'timeline --by operation' 3
        'latency' 3
        'audit' 3
        'access' 6
        'failed --causes' 3
        'cost' 3
        'cold' 3
        'compare --baseline 2026-08-01..2026-08-02 --window 2026-08-02..2026-08-03' 6
        'coverage' 3
        'summary' 3
        'history images/none.jpg' 6
        'history --key images/* --format csv' 6
        'history --key images/*' 6
    )
    set -- "${reports[@]}"
    while [ $# -gt 0 ]; do
        commands+=("$1" "$s3al $1 -q $log")
        shift 2
    done
    measure reports -N -- 'wc -l' "wc -l $log" "${commands[@]}"
    set -- "${reports[@]}"
    while [ $# -gt 0 ]; do
        report=$1 bar=$2
        ratio reports "\`$report\`" "$bar" "$report" 'wc -l'
        shift 2
    done
}

# The same reports with the instructions of most processors, and with AVX-512.
section_processors() {
    log
    local avx2=${AVX2:-$target/avx2/release/s3al}
    [ -x "$avx2" ] ||
        (cd "$repository" && cargo build --release --locked --no-default-features --target-dir "$target/avx2")
    local commands=() reports=(
        'top' 1.7 1.2
        'failed' 1.7 1.2
        'large-downloads' 1.7 1.2
        'timeline' 1.7 1.2
        'audit' 2.2 1.7
        'cost' 2.2 1.7
        'cold' 2.2 1.7
        'latency' 3 2.2
        'coverage' 3 2.2
        'summary' 5 3.5
        'access' 5 3.5
        'failed --causes' 5 3.5
    )
    set -- "${reports[@]}"
    while [ $# -gt 0 ]; do
        commands+=("$1, AVX2" "$avx2 $1 -q $log" "$1, AVX-512" "$s3al $1 -q $log")
        shift 3
    done
    measure processors -N -- 'wc -l' "wc -l $log" "${commands[@]}"
    set -- "${reports[@]}"
    while [ $# -gt 0 ]; do
        ratio processors "\`$1\`, with AVX2" "$2" "$1, AVX2" 'wc -l'
        ratio processors "\`$1\`, with AVX-512" "$3" "$1, AVX-512" 'wc -l'
        shift 3
    done
}

# What was measured with what, as a list.
versions() {
    local cpu
    cpu=$(lscpu | sed -n 's/^Model name: *//p')
    echo "- $cpu, $(nproc) cores, $(free --si --giga | awk '/^Mem/ { print $2 }') GB, Linux $(uname -r)"
    echo "- $("$s3al" --version), a log of $size bytes, medians of $runs runs, page cache warm"
    echo "- $(hyperfine --version), $(wc --version | head -n 1), $(gzip --version | head -n 1)," \
        "$(zstd --version | grep -o 'v[0-9.]*' | head -n 1 | sed 's/^v/zstd /')"
    if [ -x "$venv/bin/pip" ] && command -v goaccess >/dev/null; then
        echo "- $("$venv/bin/pip" --disable-pip-version-check freeze | grep -E '^(duckdb|chdb|chdb-core)=' | paste -sd' ')," \
            "$(mawk -W version 2>&1 | head -n 1 | cut -d, -f1), $(goaccess --version | head -n 1)"
    fi
}

main() {
    local chosen=() section install=
    for section; do
        case $section in
            --install) install=yes ;;
            -h | --help)
                sed -n '2,/^# shellcheck/{/^# shellcheck/!s/^# \{0,1\}//p;s/^#$//p}' "${BASH_SOURCE[0]}"
                exit 0
                ;;
            *)
                [[ " ${sections[*]} sql processors " = *" $section "* ]] ||
                    fail "there is no section $section: ${sections[*]} sql processors"
                chosen+=("$section")
                ;;
        esac
    done
    [ ${#chosen[@]} -gt 0 ] || chosen=("${sections[@]}")
    [ -z "$install" ] || install_tools
    need hyperfine jq awk gzip zstd split numfmt /usr/bin/time
    build
    start_table
    versions
    trap finish EXIT
    for section in "${chosen[@]}"; do
        echo "== $section" >&2
        "section_$section"
    done
}

main "$@"
