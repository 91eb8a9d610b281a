#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Several registries on one bucket: what one publishes all have, one of them
# looks after the bucket, and a new one begins with what that has left there.

if [ -z "${LOFT_TEST_OSD-}" ]; then
  exec "$G_TEST_SRCDIR/engines/with-ceph" memstore "$0"
fi

. "$G_TEST_SRCDIR/system/lib.sh"

# begin NAME: a registry with a cache of its own.
begin ()
{
  {
    sed '/^timeout=/d' "$LOFT_TEST_CONFIG" |
      sed 's/^\[registry\]/&\ncheckpoint-interval=10\nmaintenance-lease=3/'
    printf '[http]\nlisten=127.0.0.1:0\nworkers=1\nlimit-new=0\n'
    printf 'limit-updates=0\n'
  } >"$1.conf"
  XDG_CACHE_HOME=$folder/$1
  start "$1" --config "$1.conf" && within 30 answers 200 "$url/readyz"
}

# figure URL NAME: prints a figure.
figure ()
{
  get "$1/metrics" | sed -n "s/^$2 //p"
}

# same_everywhere TARGET: all answer the same.
same_everywhere ()
{
  get -o first.got "$first/$1" && get -o second.got "$second/$1" &&
    cmp first.got second.got
}

# lists URL NAME VERSION: that version is in the list.
lists ()
{
  get "$1/packages/$2" | grep -q -F "\"version\":\"$3\""
}

yanked ()
{
  get "$1/packages/$2/$3" | grep -q '"yanked":true'
}

maintained_by_one ()
{
  [ "$(($(figure "$first" loft_storage_maintained) +
    $(figure "$second" loft_storage_maintained)))" -eq 1 ]
}

maintained_by ()
{
  [ "$(figure "$1" loft_storage_maintained)" = 1 ]
}

has_checkpoint ()
{
  [ "$(figure "$first" loft_checkpoint_sequence)" -ge 10 ] ||
    [ "$(figure "$second" loft_checkpoint_sequence)" -ge 10 ]
}

# refused_early FILE URL: before a byte of the body was sent.
refused_early ()
{
  get -o refused -w '%{http_code} %{size_upload}\n' -T "$1" \
    -H 'Content-Type: application/gzip' -H 'Expect: 100-continue' \
    --expect100-timeout 20 -D refused.head "$2" >refused.code
  cat refused.code refused.head
  grep -q '^503 0$' refused.code && grep -q -i '^retry-after:' refused.head
}

unready ()
{
  get "$1/readyz" | grep -q 'was not reached'
}

aged ()
{
  get -I "$1/packages/one" | grep -q -i '^age:'
}

check "a registry starts on an object store" begin first
first=$url
first_pid=$pid
check "another starts beside it" begin second
second=$url
second_pid=$pid

url=$first
i=0
while [ $i -lt 12 ]; do
  publish one "1.0.$i"
  echo
  i=$((i + 1))
done >published.txt
check "packages are published at the first" \
  test "$(grep -c -x 201 published.txt)" = 12
check "the second lists them" within 10 lists "$second" one 1.0.11
get -o /dev/null "$second/packages/one"
check "and again" lists "$second" one 1.0.11
check "one more is published" test "$(publish one 1.1.0)" = 201
check "which the second lists as well" within 10 lists "$second" one 1.1.0
url=$second
check "the second publishes too" test "$(publish two 1.0.0)" = 201
check "and the first lists that" within 10 lists "$first" two 1.0.0
check "a version is yanked at the first" \
  answers 200 -X POST "$first/packages/one/1.0.3/yank"
check "and so it is at the second" within 10 yanked "$second" one 1.0.3
check "all lists are the same" within 10 same_everywhere packages
check "all logs are the same" within 10 same_everywhere 'changes?since=0'

check "one of them looks after the bucket" within 15 maintained_by_one
check "and leaves a copy of the catalog there" within 15 has_checkpoint
check "a third one starts" begin third
third=$url
check "with that copy" \
  grep -q 'Began with the copy of the catalog' third.log
for target in packages packages/one 'changes?since=0' \
  'packages?q=one&limit=10'; do
  get -o first.got "$first/$target"
  get -o third.got "$third/$target"
  check "and answers the same to $target" cmp first.got third.got
done

if maintained_by "$first"; then
  kill -KILL "$first_pid"
  left=$second
else
  kill -KILL "$second_pid"
  left=$first
fi
takes_over ()
{
  maintained_by "$left" || maintained_by "$third"
}
check "if the one that looks after the bucket dies another one does" \
  within 30 takes_over
url=$left
check "the others go on" test "$(publish one 1.2.0)" = 201
check "and follow" within 10 lists "$third" one 1.2.0

make_package late 1.0.0 100000
kill -STOP "$LOFT_TEST_OSD"
check "that the store hangs is told" within 30 unready "$third"
check "publishing is refused before a byte is sent" \
  refused_early late-1.0.0.tar.gz "$third/packages/late/1.0.0"
check "lists are there still, with their age" aged "$third"
kill -CONT "$LOFT_TEST_OSD"
check "it is ready again by itself" within 30 answers 200 "$third/readyz"
url=$third
check "and takes what was refused" \
  answers 201 -T late-1.0.0.tar.gz -H 'Content-Type: application/gzip' \
  "$third/packages/late/1.0.0"
check "which the other one has" within 10 lists "$left" late 1.0.0
check "the last one stops" stop TERM 0

finish
