#!/usr/bin/env bash
# Opens pages of the program in Chromium (Debian's package chromium): see *.test.js. S3AL is the program, if not that of the debug profile.
set -euo pipefail
cd "$(dirname "$0")"
[ -n "${S3AL:-}" ] || (cd ../.. && cargo build --locked --quiet)
npm ci --silent --no-audit --no-fund
exec node --test --test-reporter=dot "$@"
