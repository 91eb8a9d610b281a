#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Two registries that share one object store, which hangs for a while. They know
# nothing of each other but what is stored there.

if [ -z "${LOFT_TEST_OSD-}" ]; then
  exec "$G_TEST_SRCDIR/engines/with-ceph" memstore "$0"
fi

. "$G_TEST_SRCDIR/system/lib.sh"

# The keys come from the environment, as other tools have them.
AWS_ACCESS_KEY_ID=$(sed -n 's/^access-key=//p' "$LOFT_TEST_CONFIG")
AWS_SECRET_ACCESS_KEY=$(sed -n 's/^secret-key=//p' "$LOFT_TEST_CONFIG")
secret=$AWS_SECRET_ACCESS_KEY
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY

# start_one NAME DOWNLOAD: a registry with a cache of its own, which sends
# tarballs itself, or clients to the store.
start_one ()
{
  {
    sed '/^access-key=/d; /^secret-key=/d; /^timeout=/d' "$LOFT_TEST_CONFIG"
    printf '[registry]\ndownload=%s\n' "$2"
    printf '[http]\nlisten=127.0.0.1:0\nworkers=2\nlimit-new=0\n'
    printf 'limit-updates=0\nlimit-failures=0\n'
  } >"$1.conf"
  XDG_CACHE_HOME=$folder/$1
  start "$1" --config "$1.conf" && within 30 answers 200 "$url/readyz"
}

# offer FOLDER URL NAME: publishes an archive that nobody else has; prints the
# status of the answer.
offer ()
{
  mkdir -p "$1" && cd "$1" || return 1
  make_package "$3" 1.0.0 100
  status_of -T "$3-1.0.0.tar.gz" -H 'Content-Type: application/gzip' \
    "$2/packages/$3/1.0.0"
}

# same_version URL1 URL2: both are offered different archives of one version at
# the same moment. One takes its own, and then both have that.
same_version ()
{
  for i in 1 2 3 4 5; do
    (offer one "$1" "race$i" >one.status) &
    one=$!
    (offer two "$2" "race$i" >two.status)
    wait "$one"
    echo "$(cat one.status) $(cat two.status)"
    case "$(cat one.status) $(cat two.status)" in
      "201 409" | "409 201") ;;
      *) return 1 ;;
    esac
    within 10 get -f -L -o one.got "$1/packages/race$i/1.0.0/download" &&
      within 10 get -f -L -o two.got "$2/packages/race$i/1.0.0/download" &&
      cmp one.got two.got || return 1
  done
}

# unavailable CURL-OPTION...: the answer says that it may be tried again, and
# comes before a client gives up.
unavailable ()
{
  get -D head -o /dev/null "$@"
  cat head
  grep -q '^HTTP/1.1 503' head && grep -q -i '^retry-after:' head
}

unavailable_to_all ()
{
  waiting=
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
    get -o /dev/null -w '%{http_code}\n' \
      "$1/packages/shared/1.0.$i/download" >"all.$i" &
    waiting="$waiting $!"
  done
  for job in $waiting; do
    wait "$job" || return 1
  done
  sort all.* | uniq -c
  ! grep -L -x 503 all.* | grep -q .
}

publish_until_done ()
{
  [ "$(publish shared "$1")" = 201 ]
}

no_secret ()
{
  ! grep -F -e "$secret" ./*.log &&
    ! tr '\0' '\n' <"/proc/$1/cmdline" | grep -F -e "$secret" &&
    ! get "$url/metrics" | grep -F -e "$secret"
}

check "a registry starts on an object store" start_one first proxy
first=$url
first_pid=$pid
check "another starts beside it" start_one second redirect
second=$url

url=$first
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
  publish shared "1.0.$i"
  echo
done >published.txt
check "packages are published" \
  test "$(grep -c -x 201 published.txt)" = 16
check "the other has them too" \
  within 10 answers 200 "$second/packages/shared/1.0.16"
get -L -o got.tar.gz "$second/packages/shared/1.0.16/download"
check "byte for byte" cmp got.tar.gz shared-1.0.16.tar.gz
check "of two that publish one version one succeeds" \
  same_version "$first" "$second"

make_package big 1.0.0 2000000
url=$first
check "a large package is published" \
  answers 201 -T big-1.0.0.tar.gz -H 'Content-Type: application/gzip' \
  "$first/packages/big/1.0.0"
big=packages/big/1.0.0/download
within 10 answers 200 "$second/packages/big/1.0.0"
check "one registry hands it out" answers 200 "$first/$big"
check "the other sends clients to the store" answers 307 "$second/$big"
get -L -o big.got "$second/$big"
check "where they get it, whole" cmp big.got big-1.0.0.tar.gz
get -L -r 1000000-1000099 -o part.got "$second/$big"
tail -c +1000001 big-1.0.0.tar.gz | head -c 100 >part.expected
check "or in part" cmp part.got part.expected
check "for a small one too" \
  answers 307 "$second/packages/shared/1.0.1/download"
check "but not for its head" answers 200 -I "$second/$big"
tag=$(get -I "$second/$big" | tr -d '\r' | sed -n 's/^ETag: //p')
check "nor if they have it" answers 304 -H "If-None-Match: $tag" "$second/$big"

check "the first goes on with what it knows" answers 200 "$first/packages"
kill -STOP "$LOFT_TEST_OSD"
check "nobody waits for a store that hangs" unavailable_to_all "$first"
check "a download is put off" \
  unavailable "$first/packages/shared/1.0.2/download"
check "what was fetched before is served" answers 200 "$first/$big"
get -o kept.got "$first/$big"
check "byte for byte" cmp kept.got big-1.0.0.tar.gz
url=$first
check "so is publishing" test "$(publish late 1.0.0)" = 503
check "what is known is served" answers 200 "$first/packages"

kill -CONT "$LOFT_TEST_OSD"
check "it goes on by itself" within 30 publish_until_done 2.0.0
check "with all downloads" \
  within 10 answers 200 "$first/packages/shared/1.0.3/download"
check "and at the other" \
  within 30 answers 307 "$second/packages/shared/2.0.0/download"

check "one of them stops" stop TERM 0
kill -STOP "$LOFT_TEST_OSD"
XDG_CACHE_HOME=$folder/second
check "it starts while the store hangs" start again --config second.conf
check "and serves what it knows" within 15 answers 200 "$url/packages"
check "without being ready" answers 503 "$url/readyz"
check "or taking anything" test "$(publish later 1.0.0)" = 503
kill -CONT "$LOFT_TEST_OSD"
check "until the store is back" within 30 answers 200 "$url/readyz"
check "when all is well" within 30 publish_until_done 2.0.1

check "no secret is told" no_secret "$first_pid"
check "the last one stops" stop TERM 0

finish
