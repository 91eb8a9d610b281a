#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# A backup is taken and restored as loft-registryd(8) says.

. "$G_TEST_SRCDIR/system/lib.sh"

# publish_many FIRST LAST: notes each version in published.txt once it is
# acknowledged.
publish_many ()
{
  for i in $(seq "$1" "$2"); do
    for name in abc xyz; do
      [ "$(publish "$name" "1.0.$i")" = 201 ] || return 1
      echo "$name 1.0.$i" >>published.txt
    done
  done
}

back_up ()
{
  mkdir backup || return 1
  tar -C packages --exclude=_registry/tmp -cf - _registry |
    tar -C backup -xf - || return 1
  for path in packages/*; do
    [ "$path" = packages/_registry ] || cp -a "$path" backup/ || return 1
  done
}

# serves_all LIST: every version in LIST is there, whole.
serves_all ()
{
  test -s "$1" || return 1
  while read -r name version; do
    get -f -o got.tar.gz "$url/packages/$name/$version/download" &&
      tar -tzf got.tar.gz >/dev/null || return 1
  done <"$1"
}

restore ()
{
  rm -rf packages && mv backup packages
}

check "a server starts" start first --listen 127.0.0.1:0 --storage packages
check "packages are published" publish_many 1 10
cp published.txt before.txt
publish_many 11 40 &
publisher=$!
pids="$pids $publisher"
check "a backup is taken meanwhile" back_up
check "publishing is not disturbed" wait "$publisher"
check "the server stops" stop TERM 0

check "the backup is put in its place" restore
check "the server starts again" \
  start second --listen 127.0.0.1:0 --storage packages
check "it becomes ready" within 30 answers 200 "$url/readyz"
check "all that the backup was to have is there" serves_all before.txt
check "it is published to" publishes 201 abc 2.0.0
check "nothing went wrong" quiet second
check "the server stops again" stop TERM 0

finish
