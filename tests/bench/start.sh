# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Starts, what the longest list does to others, and what the number of packages
# does to those who ask for one.

# show_start LABEL FILE
show_start ()
{
  printf '%-34s %9.0f %9.0f %9.0f %8.1f %8.1f\n' "$1" "$(median 1 "$2")" \
    "$(median 2 "$2")" "$(median 3 "$2")" \
    "$(calculate %.4f "$(median 4 "$2") / 1024")" \
    "$(calculate %.4f "$(median 5 "$2") / 1024")"
}

few_packages=1000

# measure_scale: any of a thousand packages, which are all or one of many.
measure_scale ()
{
  if ! has wrk; then
    echo "GET /packages/NAME among many: skipped, since wrk is missing"
    return
  fi

  "$bench/bench-fill" few/storage $few_packages 1 500 || exit 1
  start_loft few hot-responses=false
  start_loft start hot-responses=false
  cat >any.lua <<END
request = function ()
  return wrk.format ("GET", "/packages/filled-" .. math.random (0, most))
end
END
  most=$((BENCH_VERSIONS < few_packages ? BENCH_VERSIONS : few_packages))
  sed -i "1i most = $((most - 1))" any.lua
  round=0
  while [ $round -lt "$BENCH_ROUNDS" ]; do
    for name in few start; do
      load $name "$BENCH_SECONDS" 32 / "" any.lua >>"scale.$name" || exit 1
    done
    round=$((round + 1))
  done

  mine=$(median 1 scale.start)
  theirs=$(median 1 scale.few)
  echo "Any of $most packages, not hot, requests a second:" \
    "$(calculate %.0f "$mine") among $BENCH_VERSIONS," \
    "$(calculate %.0f "$theirs") among $few_packages, ratio" \
    "$(divide %.2f "$mine" "$theirs"), by CPU" \
    "$(divide %.2f "$(median 2 scale.few)" "$(median 2 scale.start)")." \
    "Memory after that: $(show_memory start)"
  stop start
  stop few
}

# The catalog alone, without a server.
measure_searches ()
{
  searched=$((BENCH_VERSIONS < 5000 ? 500 : BENCH_VERSIONS / 10))
  $server "$build/tests/bench-catalog" "$folder/searched" $searched 10 \
    >searches || die "bench-catalog failed"
  echo "Searching, $searched packages with 10 versions each"
  sed -n 's/^search, //p' searches
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
  measure_scale
  measure_searches
}
