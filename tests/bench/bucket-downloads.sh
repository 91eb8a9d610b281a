# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Downloads from registries on a bucket, beside those from the engine.

download_clients=8

# show_downloads LABEL FILE BASE SIZE
show_downloads ()
{
  rate=$(median 1 "$2")
  printf '%-42s %8.1f %8.1f %6.2f %8.2f %8.2f\n' "$1" "$rate" \
    "$(calculate %.3f "$rate * $4 / 1e6")" \
    "$(divide %.4f "$rate" "$(median 1 "$3")")" "$(median 2 "$2")" \
    "$(median 3 "$2")"
}

# download NAME COUNT PREFIX [once]
download ()
{
  $client "$bench/bench-download" "$(port_of "$1")" "$BENCH_SECONDS" \
    $download_clients "$2" "$3-0" ${4:+"$4"}
}

# measure_downloads PREFIX COUNT: one round. Whoever is cold has an empty cache.
measure_downloads ()
{
  engine get "$BENCH_SECONDS" $download_clients "$2" "$1-0" once \
    >>"$1.get-once" || exit 1
  for mode in proxy redirect; do
    rm -rf $mode
    start_node $mode download=$mode
    download $mode "$2" "$1" once >>"$1.$mode-once" || exit 1
    download $mode "$2" "$1" >>"$1.$mode" || exit 1
    stop $mode
  done
  engine get "$BENCH_SECONDS" $download_clients "$2" "$1-0" >>"$1.get" ||
    exit 1
}

# bench_size PREFIX BYTES SECONDS: of tarballs that it takes so long to publish.
bench_size ()
{
  start_node publisher
  fill publisher 1 "$3" "$2" "$1" >filled || exit 1
  stop publisher
  count=$(awk '{ print $5 }' filled)
  round=0
  while [ $round -lt "$BENCH_ROUNDS" ]; do
    measure_downloads "$1" "$count"
    round=$((round + 1))
  done

  echo
  printf '%-42s %8s %8s %6s %8s %8s\n' \
    "Downloads of $2 B, $download_clients clients" "a second" MB/s ratio \
    "p50 ms" "p99 ms"
  show_downloads "GET from the gateway, each of $count once" "$1.get-once" \
    "$1.get-once" "$2"
  show_downloads "  by the registry, for the first time" "$1.proxy-once" \
    "$1.get-once" "$2"
  show_downloads "  by redirection, for the first time" "$1.redirect-once" \
    "$1.get-once" "$2"
  show_downloads "GET from the gateway, again and again" "$1.get" "$1.get" "$2"
  show_downloads "  by the registry" "$1.proxy" "$1.get" "$2"
  show_downloads "  by redirection" "$1.redirect" "$1.get" "$2"
}

bench_bucket_downloads ()
{
  bench_size large 10485760 $((BENCH_SECONDS * 8))
  bench_size small 50000 $((BENCH_SECONDS * 2))
}
