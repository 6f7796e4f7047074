#!/usr/bin/env bash
set -euo pipefail
readonly DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
for f in "$DIR"/*.{csv,tsv}; do
  [[ -s $f ]] || { echo "skip: ${f##*/}" >&2; continue; }
  awk -F'[,\t]' '$2 > 0 { s += $2; n++ } END { printf "%s %.2f\n", FILENAME, n ? s/n : 0 }' "$f" 2>/dev/null | tee -a out.log
done
