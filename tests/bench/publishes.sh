# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Publishing: beside a program that does nothing but make the same durable.

tarball_size=20000

# show_rate LABEL FILE BASE
show_rate ()
{
  rate=$(median 1 "$2")
  printf '%-44s %8.0f %6.2f %8.1f %8.1f\n' "$1" "$rate" \
    "$(divide %.4f "$rate" "$3")" "$(median 2 "$2")" "$(median 3 "$2")"
}

# publish CLIENTS SECONDS PREFIX [new]
publish ()
{
  $client "$bench/bench-publish" "$(port_of publishes)" "$2" "$1" \
    $tarball_size "$3" ${4:+"$4"}
}

measure_publishes ()
{
  $server "$bench/bench-disk" "publishes/disk-$1-$2" "$BENCH_SECONDS" \
    "$1" $tarball_size >>"disk-$1" || exit 1
  publish "$1" "$BENCH_SECONDS" "next-$1-$2" >>"next-$1" || exit 1
  publish "$1" "$BENCH_SECONDS" "new-$1-$2" new >>"new-$1" || exit 1
}

show_publishes ()
{
  echo
  printf '%-44s %8s %6s %8s %8s\n' \
    "Publishing, $1 clients, $tarball_size B" "a second" ratio "p50 ms" \
    "p99 ms"
  disk=$(median 1 "disk-$1")
  show_rate "three files, six flushes; no server" "disk-$1" "$disk"
  show_rate "another version of a package" "next-$1" "$disk"
  show_rate "the first version of a package" "new-$1" "$disk"
}

# flushes_of CLIENTS PREFIX [new]: flushes a publish.
flushes_of ()
{
  calls=$(trace publishes fsync,fdatasync,syncfs,sync_file_range,msync \
            publish "$1" 2 "traced-$2-$1" ${3:+"$3"})
  awk -v calls="$calls" '{ if ($5) printf "%.1f", calls / $5 }' trace.out
}

bench_publishes ()
{
  start_loft publishes
  round=0
  while [ $round -lt "$BENCH_ROUNDS" ]; do
    for clients in 8 32; do
      measure_publishes $clients $round
    done
    round=$((round + 1))
  done

  show_publishes 8
  show_publishes 32
  if can_trace; then
    echo "fsync and fdatasync a publish: another version" \
      "$(flushes_of 1 next), with 32 clients $(flushes_of 32 next);" \
      "a first version $(flushes_of 1 new new), with 32 clients" \
      "$(flushes_of 32 new new)"
  fi
  stop publishes
}
