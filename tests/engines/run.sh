#!/usr/bin/env bash
# A store is read by engines that nobody here wrote: DuckDB, ClickHouse and Spark, registered with what `s3al ddl` prints, answer the
# questions of docs/questions.md. Spark runs as a cluster of two executors on this machine.
#
#   tests/engines/run.sh [PATH-OF-S3AL]
#
# The program has to be built with --features sql. The engines come from PyPI into a virtual environment, engines in the target folder
# unless ENGINES_VENV names another; Spark needs a Java runtime (Debian's default-jre-headless).
set -euo pipefail
cd "$(dirname "$0")/../.."
s3al=${1:-${CARGO_TARGET_DIR:-target}/debug/s3al}
venv=${ENGINES_VENV:-${CARGO_TARGET_DIR:-target}/engines}
if ! cmp -s tests/engines/requirements.txt "$venv/installed.txt"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/engines/requirements.txt
    cp tests/engines/requirements.txt "$venv/installed.txt"
fi
export TZ=UTC
exec "$venv/bin/python" -u tests/engines/engines.py "$(realpath "$s3al")"
