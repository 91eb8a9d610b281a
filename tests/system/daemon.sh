#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# The installed program as a service: where it listens, how it stops, what it
# reads again, what it refuses to start with.

. "$G_TEST_SRCDIR/system/lib.sh"

# Begins an upload that will never end; $hung is who does.
hang ()
{
  mkfifo "$name.fifo"
  printf '%s\r\n' 'PUT /packages/slow/1.0.1 HTTP/1.1' 'Host: x' \
    'Content-Type: application/gzip' 'Content-Length: 1000' '' >hang.txt
  timeout 60 sh -c 'cat hang.txt; exec sleep 60' >"$name.fifo" &
  pids="$pids $!"
  timeout 60 curl -s "telnet://${url#http://}" <"$name.fifo" >/dev/null 2>&1 &
  hung=$!
  pids="$pids $hung"
  sleep 0.5
}

# env_start VARIABLE=VALUE NAME OPTION...: start, with that in the environment.
env_start ()
{
  variable=${1%%=*}
  export "$1"
  shift
  start "$@"
  started=$?
  unset "$variable"
  return $started
}

check "it starts on a port that the system chose" \
  start first --config /dev/null -s store -l 127.0.0.1:0
check "it tells the real port" sh -c '! echo "$1" | grep -q ":0$"' sh "$url"
check "it answers there" shows "Registry" "$url/"
check "it makes the storage" test -d store
if [ -n "${LOFT_TEST_MIMALLOC-}" ]; then
  check "it allocates through mimalloc, as it was built to" \
    grep -q libmimalloc "/proc/$pid/maps"
else
  check "it was built without mimalloc, and does without" \
    sh -c '! grep libmimalloc "/proc/$1/maps"' sh "$pid"
fi
check "it takes a package" publishes 201 hello 0.1.0
check "it lists the package" shows '"0.1.0"' "$url/packages/hello"
check "each request is logged" logged first 'GET /packages/hello'
check "another one on the same storage is refused" \
  fails 1 "store" "$program" -c /dev/null -s store -l 127.0.0.1:0
check "another one on the same port is refused" \
  fails 1 "${url#http://}" \
  "$program" -c /dev/null -s other-store -l "${url#http://}"
check "SIGTERM stops it in order" stop TERM 0
check "nothing went wrong" quiet first

check "it starts again on the same storage" \
  start second -c /dev/null -s store -l 127.0.0.1:0 -v
check "the package is still there" shows '"0.1.0"' "$url/packages/hello"
check "SIGINT stops it in order" stop INT 0
check "nothing went wrong again" quiet second

if [ -r /proc/net/if_inet6 ] && grep -q '^0*1 ' /proc/net/if_inet6; then
  check "it listens on several addresses, IPv6 too" \
    start several -c /dev/null -s store -l 127.0.0.1:0 -l '[::1]:0'
  sed -n 's/.*Listening on \(http[^ ]*[^/ ]\).*/\1/p' several.log >urls.txt
  check "it tells each" test "$(wc -l <urls.txt)" -eq 2
  check "it answers on each" sh -c '
    while read -r url; do
      curl -sS --max-time 20 -g -o /dev/null "$url/" || exit 1
    done <urls.txt'
  check "it stops" stop TERM 0
else
  skip "it listens on several addresses, IPv6 too" "there is no IPv6"
fi

check "environment variables suffice" sh -c '
  BIND_ADDR=127.0.0.1:0 STORAGE_DIR=store "$1" --config /dev/null \
    >environment.out 2>environment.log &
  echo $! >environment.pid' sh "$program"
check "it listens as they say" logged environment "Listening on http://127.0.0.1:"
pid=$(cat environment.pid)
pids="$pids $pid"
kill -TERM "$pid"
check "it stops as well" within 20 dead "$pid"

# A request that is running when the signal comes: a slow upload.
make_package slow 1.0.0 400000
for workers in 1 3; do
  check "it starts for the drain, with workers=$workers" \
    env_start "LOFT_REGISTRY_WORKERS=$workers" "drain$workers" \
    -c /dev/null -s "store$workers" -l 127.0.0.1:0
  within 20 answers 200 "$url/readyz"
  get --limit-rate 100k -T slow-1.0.0.tar.gz -H 'Expect:' \
    -H 'Content-Type: application/gzip' -o slow.out -w '%{http_code}' \
    "$url/packages/slow/1.0.0" >slow.status &
  upload=$!
  sleep 0.5
  kill -TERM "$pid"
  check "a drain is announced" logged "drain$workers" "Stopping"
  check "new connections are refused" \
    within 5 sh -c '! curl -s --max-time 2 -o /dev/null "$1/"' sh "$url"
  wait "$upload"
  check "the running request is finished" grep -q -x 201 slow.status
  check "then it exits" within 20 dead "$pid"
  status=0
  wait "$pid" || status=$?
  check "in order" test "$status" -eq 0
done

# One that never ends is cut off when the time is up.
printf '[http]\ndrain-timeout=1\nlisten=127.0.0.1:0\n' >short.conf
check "it starts with a short time to drain" start short -c short.conf -s store
hang
check "a request that never ends does not hold it" stop TERM 0
check "it was waited for, and it is told" logged short "Not every request"
kill "$hung" 2>/dev/null

check "it starts with a long time to drain" \
  start twice -c /dev/null -s store -l 127.0.0.1:0
hang
kill -TERM "$pid"
check "it waits for the request" logged twice "Stopping"
check "a second signal ends it at once" stop TERM 1
kill "$hung" 2>/dev/null

# Reading the configuration again.
cat >reload.conf <<'END'
[registry]
storage = store
publish = claim
[http]
listen = 127.0.0.1:0
access-log = false
END
token='Authorization: Bearer one-token-that-is-long-enough-to-own-a-name'
other='Authorization: Bearer other-token-that-is-long-enough-as-well-it-is'
check "it starts from a file" start reload -c reload.conf
check "a name is claimed" publishes 201 claimed 1.0.0 -H "$token"
check "another token is refused" publishes 403 claimed 1.0.1 -H "$other"
check "no request is logged" not_logged reload "/packages/claimed"

cat >reload.conf <<'END'
[registry]
storage = elsewhere
publish = open
max-tarball-size = 1 KiB
verbose = true
[http]
listen = 127.0.0.1:1
access-log = true
END
kill -HUP "$pid"
check "the configuration is read again" logged reload "was read again"
check "what has changed is said" logged reload "[registry] publish has changed"
check "what can't change is said" \
  logged reload "[http] listen has changed, which takes effect only at"
check "the storage can't either" \
  logged reload "[registry] storage has changed, which takes effect only at"
check "publishing is open now" publishes 201 claimed 1.0.1 -H "$other"
check "requests are logged now" logged reload "/packages/claimed/1.0.1"
head -c 2000 /dev/urandom >large.bin
check "the limits have changed" answers 413 -T large.bin -H 'Expect:' \
  -H 'Content-Type: application/gzip' "$url/packages/large/1.0.0"

printf '[registry]\npublish = perhaps\n' >reload.conf
kill -HUP "$pid"
check "a mistake is named" logged reload "stays as it was: reload.conf:2:"
check "everything stays as it was" publishes 201 claimed 1.0.2 -H "$other"
check "it still stops in order" stop TERM 0
check "the tokens were not logged" sh -c '! grep -r -F "long-enough" ./*.log'

# What it does not start with.
: >file
check "a storage that is a file is refused" \
  fails 1 "file" "$program" -c /dev/null -s file -l 127.0.0.1:0
check "an unknown backend is refused" \
  fails 1 "quux" "$program" -c /dev/null -s quux://x -l 127.0.0.1:0
check "an address of another machine is refused" \
  fails 1 "192.0.2.1:3030" \
  "$program" -c /dev/null -s store -l 192.0.2.1:3030
check "a cache that can't be made is refused" \
  fails 1 "file" env LOFT_REGISTRY_CACHE_DIRECTORY=file/cache \
  "$program" -c /dev/null -s store -l 127.0.0.1:0

finish
