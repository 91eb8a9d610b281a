# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Several registries on one bucket, and a new one on a full bucket.

bench_bucket_lag ()
{
  for name in a b c; do
    start_node $name
  done
  "$bench/bench-lag" "$BENCH_LAGS" 500 lag "$(port_of a)" "$(port_of b)" \
    "$(port_of c)" >lags || exit 1
  echo
  awk '{ printf "From the answer to a publish until two other registries list " \
                "the version, each\nlooking every 500 ms, %d times: p50 %.0f " \
                "ms, p99 %.0f ms, at most %.0f ms\n", $4, $1, $2, $3 }' lags
  for name in a b c; do
    stop $name
  done
}

# read_from PACKAGE NAME...: puts registries under load at once; prints requests
# a second of all, and CPU microseconds a request.
read_from ()
{
  target=/packages/$1
  shift
  ticks=0
  for name in "$@"; do
    ticks=$((ticks - $(cpu_of "$(pid_of "$name")")))
  done
  loads=
  for name in "$@"; do
    wrk -t1 -c16 -d"${BENCH_SECONDS}s" \
      "$(url_of "$name")$target" >"$name/wrk" 2>&1 &
    loads="$loads $!"
  done
  wait $loads || die "wrk fails"
  for name in "$@"; do
    if grep -E 'Non-2xx|Socket errors' "$name/wrk" >&2; then
      die "$name answers wrongly"
    fi
    ticks=$((ticks + $(cpu_of "$(pid_of "$name")")))
  done
  for name in "$@"; do
    cat "$name/wrk"
  done | awk -v ticks=$ticks -v hz="$(getconf CLK_TCK)" '
    / requests in / { n += $1 }
    /^Requests\/sec:/ { rate += $2 }
    END { print rate, n ? ticks * 1e6 / hz / n : 0, n }'
}

# start_readers KEY=VALUE...: three of them, on any core.
start_readers ()
{
  pinned=$server
  server=
  for name in a b c; do
    start_node $name "$@"
  done
  server=$pinned
}

# show_readers LABEL PREFIX
show_readers ()
{
  for n in 1 2 3; do
    printf '%-34s %10.0f %6.2f %14.1f\n' "$1, $n" "$(median 1 "$2-$n")" \
      "$(divide %.4f "$(median 1 "$2-$n")" "$(median 1 "$2-1")")" \
      "$(median 2 "$2-$n")"
  done
}

# measure_readers PREFIX KEY=VALUE...
measure_readers ()
{
  prefix=$1
  shift
  start_readers "$@"
  fill a 1 1 1000 "$prefix" >/dev/null || exit 1
  for name in b c; do
    wait_for 30 $name curl -sf -o /dev/null "$(url_of $name)/packages/$prefix-0" ||
      die "$name does not follow"
  done
  round=0
  while [ $round -lt "$BENCH_ROUNDS" ]; do
    read_from "$prefix-0" a >>"$prefix-1" || exit 1
    read_from "$prefix-0" a b >>"$prefix-2" || exit 1
    read_from "$prefix-0" a b c >>"$prefix-3" || exit 1
    round=$((round + 1))
  done
  for name in a b c; do
    stop $name
  done
}

bench_bucket_reads ()
{
  if ! has wrk; then
    echo "Reading from several registries: skipped, since wrk is missing"
    return
  fi

  measure_readers hot
  measure_readers cold http/hot-responses=false
  echo
  printf '%-34s %10s %6s %14s\n' "GET /packages/NAME, registries" "a second" \
    ratio "CPU µs a request"
  show_readers "hot" hot
  show_readers "not hot" cold
  echo "Registries, their clients and the engine share" \
    "$(getconf _NPROCESSORS_ONLN) cores: there is no more to be had."
}

now ()
{
  date +%s.%N
}

# time_start NAME: seconds until a registry with an empty cache is ready.
time_start ()
{
  rm -rf "$1"
  begin=$(now)
  start_node "$1"
  calculate '%.2f\n' "$(now) - $begin"
}

has_copy ()
{
  [ "$(curl -sf "$(url_of keeper)/metrics" |
    sed -n 's/^loft_checkpoint_sequence //p')" -gt 0 ]
}

# Fills a folder, makes a registry of it, and copies that to the bucket.
fill_bucket ()
{
  "$bench/bench-fill" filling/storage $((BENCH_BUCKET / 10)) 10 500 || exit 1
  start_loft filling
  stop filling
  sed 's|/some/prefix|/full|' "$LOFT_TEST_CONFIG" >full.conf
  begin=$(now)
  "$LOFT_REGISTRYCTL" migrate --jobs=16 --from="$folder/filling/storage" \
    --to-config=full.conf >migrated 2>&1 || die "migrate: $(cat migrated)"
  calculate '%.1f\n' "$(now) - $begin" >copied
  rm -rf filling
}

bench_bucket_start ()
{
  fill_bucket
  LOFT_TEST_CONFIG=$folder/full.conf
  time_start scanned >log-start || exit 1
  stop scanned
  start_node keeper checkpoint-interval=10 maintenance-lease=3
  wait_for 600 keeper has_copy || die "no copy of the catalog is left"
  round=0
  while [ $round -lt "$BENCH_ROUNDS" ]; do
    time_start begun >>copy-start || exit 1
    sed -n 's/.* copy of the catalog .*, \([0-9]*\) bytes.*/\1/p' begun/log \
      >>copy-size
    stop begun
    round=$((round + 1))
  done
  stop keeper

  if [ "$(wc -l <copy-size)" -ne "$BENCH_ROUNDS" ]; then
    cat begun/log >&2
    die "the copy of the catalog was not used"
  fi

  echo
  echo "A new registry on a bucket of $BENCH_BUCKET versions is ready after" \
    "$(median 1 copy-start) s"
  echo "with the copy of the catalog, of $(median 1 copy-size) bytes, and after" \
    "$(cat log-start) s without; copying"
  echo "them into the bucket by \"loft-registryctl migrate\" took" \
    "$(cat copied) s"
}
