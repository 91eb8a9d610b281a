# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Reading: this program beside nginx, which serves files of the same sizes, and
# beside what libsoup does by itself; once more with many idle connections.

connections=32

# Each row: its name, how many connections, and path and header for nginx and
# for the registry. $1 is called with each.
each_row ()
{
  "$1" list $connections /list "" /packages/filled-0 ""
  "$1" not-modified $connections /list "If-None-Match: $nginx_etag" \
    /packages/filled-0 "If-None-Match: $loft_etag"
  "$1" small $connections /small "" /packages/filled-0/0.1.0/download ""
  "$1" large 4 /large "" /packages/filled-0/0.2.0/download ""
}

# measure ROW SERVER CONNECTIONS PATH [HEADER]
measure ()
{
  load "$2" "$BENCH_SECONDS" "$3" "$4" "${5-}" >>"$1.$2" || exit 1
}

measure_row ()
{
  measure "$1" nginx "$2" "$3" "$4"
  measure "$1" hot "$2" "$5" "$6"
}

# All servers have the same core, in turns.
measure_round ()
{
  each_row measure_row
  measure list hello $connections /
  for variant in cold hot-idle cold-idle; do
    measure list $variant $connections /packages/filled-0
  done
  if can_configure workers; then
    measure list two-workers $connections /packages/filled-0
  fi
}

# trace_one ROW SERVER CONNECTIONS PATH HEADER
trace_one ()
{
  calls=$(trace "$2" all load "$2" 1 "$3" "$4" "${5-}")
  echo "$calls $(cut -d' ' -f3 trace.out)" >"$1.$2-calls"
}

trace_row ()
{
  trace_one "$1" nginx "$2" "$3" "$4"
  trace_one "$1" hot "$2" "$5" "$6"
}

calls_of ()
{
  if [ -s "$1" ]; then
    awk '{ if ($1 && $2) printf "%.1f", $1 / $2; else printf "-" }' "$1"
  else
    printf -
  fi
}

# show_row LABEL ROW OURS THEIRS: both of them servers.
show_row ()
{
  mine=$(median 1 "$2.$3")
  theirs=$(median 1 "$2.$4")
  printf '%-42s %8.0f %8.0f %5.2f %7.1f %7.1f %5.2f %5s %5s\n' "$1" "$mine" \
    "$theirs" "$(divide %.4f "$mine" "$theirs")" "$(median 2 "$2.$3")" \
    "$(median 2 "$2.$4")" \
    "$(divide %.4f "$(median 2 "$2.$4")" "$(median 2 "$2.$3")")" \
    "$(calls_of "$2.$3-calls")" "$(calls_of "$2.$4-calls")"
}

show_reads ()
{
  echo
  # Where others have work for the same cores, the ratio by CPU is the truer.
  printf '%-42s %8s %8s %5s %21s %11s\n' "Reading, requests a second" ours \
    theirs ratio "CPU µs each, ratio" "calls each"
  show_row "GET /packages/NAME, $(bytes_in nginx/www/list) B, to nginx" \
    list hot nginx
  show_row "  to libsoup's hello" list hot hello
  show_row "  304, to nginx" not-modified hot nginx
  show_row "download, $(bytes_in nginx/www/small) B, to nginx" small hot nginx
  show_row "download, $(bytes_in nginx/www/large) B, to nginx" large hot nginx
  size=$(bytes_in nginx/www/large)
  echo "  in MB/s: $(calculate %.0f "$mine * $size / 1e6")," \
    "nginx $(calculate %.0f "$theirs * $size / 1e6")"
  show_row "cold GET /packages/NAME, to libsoup's hello" list cold hello
  show_row "$BENCH_IDLE idle connections, to none, hot" list hot-idle hot
  show_row "  cold" list cold-idle cold
  if can_configure workers; then
    show_row "2 workers, to 1 (by CPU)" list two-workers hot
  fi
  echo "Memory of each idle connection: hot $(cat hot-idle.each) B," \
    "cold $(cat cold-idle.each) B"
  echo "Memory: when idle $(cat idle-memory); after all that" \
    "$(show_memory hot)"
}

# hold_idle NAME: connects to a server and does nothing more; tells what each
# connection takes in NAME.each.
hold_idle ()
{
  idle_before=$(rss_of "$(pid_of "$1")" RssAnon)
  mkfifo "$1/idle"
  $client "$bench/bench-idle" "$(port_of "$1")" "$BENCH_IDLE" \
    /packages/filled-0 >"$1/idle" &
  servers="$servers $!"
  read -r word <"$1/idle" || die "the idle connections could not be made"
  sleep 3 # what is idle is parked soon
  divide %.0f "$(($(rss_of "$(pid_of "$1")" RssAnon) - idle_before))e3" \
    "$BENCH_IDLE" >"$1.each"
}

get_etag ()
{
  curl -sI "$1" | tr -d '\r' | sed -n 's/^[Ee][Tt][Aa][Gg]: //p'
}

check_not_modified ()
{
  status=$(curl -s -o /dev/null -w '%{http_code}' -H "If-None-Match: $2" "$1")
  [ "$status" = 304 ] || die "$1 answers $status instead of 304"
}

start_read_servers ()
{
  start_loft hot
  show_memory hot >idle-memory
  mkdir -p nginx/www
  curl -sf -o nginx/www/list "$(url_of hot)/packages/filled-0" ||
    die "there is no list"
  cp hot/storage/filled-0/0.1.0.tar.gz nginx/www/small
  cp hot/storage/filled-0/0.2.0.tar.gz nginx/www/large
  start_nginx nginx
  start_hello hello
  start_loft cold hot-responses=false
  start_loft hot-idle
  start_loft cold-idle hot-responses=false
  if can_configure workers; then
    start_loft two-workers workers=2
  fi
}

# How many connections a process may have is a matter of the system.
limit_idle ()
{
  ulimit -n "$(ulimit -Hn)" 2>/dev/null
  most=$(ulimit -n)
  if [ "$most" != unlimited ] && [ "$BENCH_IDLE" -gt $((most - 500)) ]; then
    BENCH_IDLE=$((most - 500))
  fi
}

bench_reads ()
{
  nginx_program=$(PATH=$PATH:/usr/sbin:/sbin command -v nginx)
  for program in "${nginx_program:-nginx}" wrk; do
    if ! has "$program"; then
      echo
      echo "Reading: skipped, since $program is missing"
      return
    fi
  done

  limit_idle
  for name in hot cold hot-idle cold-idle two-workers; do
    mkdir -p $name/storage
  done
  "$bench/bench-fill" hot/storage 1 2 50000 10485760 || exit 1
  for name in cold hot-idle cold-idle two-workers; do
    cp -r hot/storage $name/
  done
  start_read_servers
  nginx_etag=$(get_etag "$(url_of nginx)/list")
  loft_etag=$(get_etag "$(url_of hot)/packages/filled-0")
  check_not_modified "$(url_of nginx)/list" "$nginx_etag"
  check_not_modified "$(url_of hot)/packages/filled-0" "$loft_etag"
  hold_idle hot-idle
  hold_idle cold-idle

  round=0
  while [ $round -lt "$BENCH_ROUNDS" ]; do
    measure_round
    round=$((round + 1))
  done
  if can_trace; then
    each_row trace_row
    trace_one list hello $connections /
    trace_one list cold $connections /packages/filled-0
  fi
  show_reads
  stop hot
  stop cold
  stop_others
}
