# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Memory: many packages, each downloaded once.

bench_memory ()
{
  "$bench/bench-fill" memory/storage "$BENCH_PACKAGES" 1 50000 || exit 1
  start_loft memory
  echo
  echo "Memory, $BENCH_PACKAGES packages with tarballs of 50000 B"
  echo "after adopting them:            $(show_memory memory)"
  $client "$bench/bench-fetch" "$(port_of memory)" "$BENCH_PACKAGES" || exit 1
  echo "after downloading each once:    $(show_memory memory)"
  stop memory
  rm -rf memory
}
