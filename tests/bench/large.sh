# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Memory while a very large tarball is uploaded, and while it is downloaded.

# peak_of NAME COMMAND...: the most anonymous memory that a server has while the
# command runs, in kilobytes.
peak_of ()
{
  watched=$(pid_of "$1")
  shift
  "$@" >/dev/null &
  command_pid=$!
  peak=0
  while kill -0 $command_pid 2>/dev/null; do
    now=$(rss_of "$watched" RssAnon)
    if [ "$now" -gt $peak ]; then
      peak=$now
    fi
    sleep 0.02
  done
  wait $command_pid || die "$* failed"
  echo $peak
}

bench_large ()
{
  size=$((BENCH_LARGE * 1000000))
  mkdir -p large/source large/storage
  "$bench/bench-fill" large/source 1 1 $size || exit 1
  start_loft large
  target=$(url_of large)/packages/filled-0/0.1.0
  idle=$(rss_of "$(pid_of large)" RssAnon)
  up=$(peak_of large $client curl -sSf -T large/source/filled-0/0.1.0.tar.gz \
         -H 'Content-Type: application/gzip' -H 'Expect:' "$target") || exit 1
  down=$(peak_of large $client curl -sSf -o /dev/null "$target/download") ||
    exit 1

  echo
  echo "Anonymous memory, a tarball of $BENCH_LARGE MB: before" \
    "$(calculate %.1f "$idle / 1024") MiB; at most $(calculate %.1f \
      "$up / 1024") MiB while it is uploaded, $(calculate %.1f \
      "$down / 1024") MiB while it is downloaded"
  stop large
  rm -rf large
}
