# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Starts, and what the longest list does to others.

# show_start LABEL FILE
show_start ()
{
  printf '%-34s %9.0f %9.0f %9.0f %8.1f %8.1f\n' "$1" "$(median 1 "$2")" \
    "$(median 2 "$2")" "$(median 3 "$2")" \
    "$(calculate %.4f "$(median 4 "$2") / 1024")" \
    "$(calculate %.4f "$(median 5 "$2") / 1024")"
}

bench_start ()
{
  "$bench/bench-fill" start/storage "$BENCH_VERSIONS" 1 500 || exit 1
  $server "$bench/bench-start" start 600 >adopted || exit 1
  round=0
  while [ $round -lt "$BENCH_ROUNDS" ]; do
    $server "$bench/bench-start" start 600 >>existing || exit 1
    round=$((round + 1))
  done
  rm -rf start/cache
  $server "$bench/bench-start" start 600 >rebuilt || exit 1

  echo
  printf '%-34s %9s %9s %9s %8s %8s\n' "Start, $BENCH_VERSIONS versions" \
    "listens" "answers" "ready, ms" "RSS, MiB" "anon."
  show_start "with the catalog" existing
  show_start "without: made of the log" rebuilt
  show_start "without a log: a folder is adopted" adopted

  start_loft start
  $client "$bench/bench-fetch" "$(port_of start)" pause >pause || exit 1
  awk '{ printf "GET /packages, %d B: %.0f ms; meanwhile GET /packages/NAME " \
                "took %.1f ms at most\n", $3, $2, $1 }' pause
  stop start
}
