# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# What a registry takes: disk, inodes and memory, and how long that takes which
# looks at all of it. The figures of the production guide are these.

versions_each=10

# show_size LABEL VALUE
show_size ()
{
  printf '%-44s %12s\n' "$1" "$2"
}

# time_of LABEL COMMAND...: shows the seconds that it takes.
time_of ()
{
  label=$1
  shift
  began=$(date +%s%N)
  "$@" >time.out 2>&1 || die "$*: $(cat time.out)"
  show_size "$label" "$(calculate %.2f "($(date +%s%N) - $began) / 1e9")"
}

# megabytes_in FOLDER [OPTION]: what du says of it.
megabytes_in ()
{
  calculate %.1f "$(du -s -B1 ${2:+"$2"} "$1" | cut -f 1) / 1e6"
}

# seconds_in COLUMN FILE: of what bench-start has printed.
seconds_in ()
{
  calculate %.2f "$(median "$1" "$2") / 1e3"
}

# most_memory NAME: the most that any of its processes has had, in MB.
most_memory ()
{
  for member in $(family_of "$(pid_of "$1")"); do
    rss_of "$member" VmHWM
  done | awk '$1 > most { most = $1 } END { printf "%.0f", most * 1024 / 1e6 }'
}

measure_starts ()
{
  for start in adopted existing; do
    "$bench/bench-start" sizes 3600 >"$start" || exit 1
  done
  rm -rf sizes/cache
  "$bench/bench-start" sizes 3600 >rebuilt || exit 1
  show_size "a folder is adopted: ready after, s" "$(seconds_in 3 adopted)"
  show_size "start, with a catalog, s" "$(seconds_in 3 existing)"
  show_size "catalog made anew: ready after, s" "$(seconds_in 3 rebuilt)"
}

show_sizes ()
{
  show_size "storage on disk, MB" "$(megabytes_in sizes/storage)"
  show_size "  of which content, MB" \
    "$(megabytes_in sizes/storage --apparent-size)"
  show_size "  of which log, MB" "$(megabytes_in sizes/storage/_registry/log)"
  show_size "inodes of the storage" "$(find sizes/storage | wc -l | tr -d ' ')"
  show_size "catalog, MB" "$(megabytes_in sizes/cache)"
}

start_bus ()
{
  dbus-daemon --session --nofork --nopidfile --address="unix:path=$folder/bus" \
    2>bus.log &
  mkdir -p bus-of
  started bus-of $!
  wait_for 10 bus-of test -S bus || die "dbus-daemon: $(cat bus.log)"
  DBUS_SESSION_BUS_ADDRESS=unix:path=$folder/bus
  LOFT_REGISTRY_BUS=session
  export DBUS_SESSION_BUS_ADDRESS LOFT_REGISTRY_BUS
}

# What an administrator has done, with the service as it is by default.
measure_work ()
{
  if ! has dbus-daemon; then
    echo "What loft-registryctl does: skipped, since dbus-daemon is missing"
    return
  fi

  start_bus
  start_loft sizes workers=2
  wait_for 10 sizes "$LOFT_REGISTRYCTL" --user status ||
    die "the daemon is not on the bus"
  for command in collect rescan verify; do
    time_of "$command, s" "$LOFT_REGISTRYCTL" --user $command
  done
  time_of "export, s" "$LOFT_REGISTRYCTL" --user export all.tar
  show_size "  its archive, MB" "$(calculate %.1f "$(bytes_in all.tar) / 1e6")"
  show_size "most memory of a process, MB" "$(most_memory sizes)"
  stop sizes
  unset DBUS_SESSION_BUS_ADDRESS LOFT_REGISTRY_BUS
  rm all.tar
}

copy ()
{
  rsync -a --exclude=/_registry/tmp sizes/storage/ copy/
}

measure_copies ()
{
  if ! has rsync; then
    echo "Copies: skipped, since rsync is missing"
    return
  fi

  time_of "rsync, the first, s" copy
  time_of "rsync, with nothing new, s" copy
}

bench_sizes ()
{
  sized=$((BENCH_SIZED < versions_each ? 1 : BENCH_SIZED / versions_each))
  "$bench/bench-fill" sizes/storage $sized $versions_each "$BENCH_SIZE" ||
    exit 1
  echo
  echo "Sizes, $((sized * versions_each)) versions in $sized packages," \
    "tarballs of $BENCH_SIZE B"
  measure_starts
  show_sizes
  measure_work
  measure_copies
  stop_others
  rm -rf sizes copy
}
