# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# What the parts of the benchmark share: figures, load, system calls.

die ()
{
  echo "run-bench: $*" >&2
  exit 1
}

has ()
{
  command -v "$1" >/dev/null 2>&1
}

# Which cores we may use: the first is for clients, the last for servers.
choose_cores ()
{
  client=
  server=
  has taskset || return 0
  cores=$(taskset -cp $$ | sed 's/.*: //; s/[,-]/ /g')
  if [ "${cores%% *}" != "${cores##* }" ]; then
    client="taskset -c ${cores%% *}"
    server="taskset -c ${cores##* }"
  fi
}

# median COLUMN FILE
median ()
{
  awk -v column="$1" '{ print $column }' "$2" | sort -n |
    awk '{ v[NR] = $1 }
         END { print NR ? (v[int ((NR + 1) / 2)] + v[int (NR / 2) + 1]) / 2 : 0 }'
}

# calculate FORMAT EXPRESSION
calculate ()
{
  awk "BEGIN { printf \"$1\", $2 }"
}

# divide FORMAT A B
divide ()
{
  awk -v a="$2" -v b="$3" "BEGIN { printf \"$1\", b ? a / b : 0 }"
}

bytes_in ()
{
  wc -c <"$1" | tr -d ' '
}

# Processes: one, its children, theirs.
family_of ()
{
  echo "$1"
  for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
    family_of "$child"
  done
}

# Clock ticks that a process and its children have used.
cpu_of ()
{
  for member in $(family_of "$1"); do
    sed 's/.*) //' "/proc/$member/stat"
  done | awk '{ ticks += $12 + $13 } END { print ticks + 0 }'
}

# rss_of PID KEY: kilobytes of VmRSS, or RssAnon.
rss_of ()
{
  awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"
}

# show_memory NAME
show_memory ()
{
  memory_pid=$(pid_of "$1")
  echo "$(calculate %.1f "$(rss_of "$memory_pid" VmRSS) / 1024") MiB," \
    "of which anonymous $(calculate %.1f \
      "$(rss_of "$memory_pid" RssAnon) / 1024")"
}

# load NAME SECONDS CONNECTIONS PATH HEADER SCRIPT: puts a server under load;
# prints requests a second, CPU microseconds a request, and requests.
load ()
{
  loaded=$(pid_of "$1")
  before=$(cpu_of "$loaded")
  $client wrk -t1 -c"$3" -d"$2s" ${5:+-H "$5"} ${6:+-s "$6"} \
    "$(url_of "$1")$4" >wrk.out 2>&1 || die "wrk: $(cat wrk.out)"
  after=$(cpu_of "$loaded")
  if grep -q -E 'Non-2xx|Socket errors' wrk.out; then
    die "$1$4: $(grep -E 'Non-2xx|Socket errors' wrk.out)"
  fi
  awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" '
    / requests in / { n = $1 }
    /^Requests\/sec:/ { print $2, n ? ticks * 1e6 / hz / n : 0, n }' wrk.out
}

can_trace ()
{
  [ "$BENCH_TRACE" = yes ] && has strace && strace -e trace=none true 2>/dev/null
}

# trace NAME CALLS COMMAND...: how many system calls a server makes while the
# command runs; 0 where it can't be traced.
trace ()
{
  calls=$2
  traced=
  for member in $(family_of "$(pid_of "$1")"); do
    traced="$traced -p $member"
  done
  shift 2
  : >strace.err
  strace -f -c -e trace="$calls" $traced -o strace.out 2>strace.err &
  strace_pid=$!
  tries=0
  until grep -q attached strace.err; do
    tries=$((tries + 1))
    if [ $tries -gt 50 ]; then
      break
    fi
    sleep 0.1
  done
  "$@" >trace.out
  kill -INT "$strace_pid" 2>/dev/null
  wait "$strace_pid"
  awk '$NF == "total" { n = $4 } END { print n + 0 }' strace.out
}
