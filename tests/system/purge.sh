#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# What the Debian package leaves when it is purged, tried with its script alone:
# everything that is not the package's own.

. "$G_TEST_SRCDIR/system/lib.sh"

script=$G_TEST_SRCDIR/../packaging/debian/loft-registry.postrm
library=$folder/root/var/lib/loft-registry

# A package, and a folder for whatever is to be mounted.
prepare ()
{
  mkdir -p "$library/hello" "$folder/root/etc/loft-registry" "$folder/disk"
  echo kept >"$library/hello/1.0.0.json"
  echo kept >"$folder/disk/kept"
}

purge ()
{
  DPKG_ROOT=$folder/root sh -e "$script" purge
}

# purge_with COMMAND: the same, after COMMAND in a mount namespace of its own.
purge_with ()
{
  DPKG_ROOT=$folder/root unshare -r -m sh -e -c \
    'eval "$3"; sh -e "$2" purge; sh -c "$4"' \
    sh "$folder" "$script" "$1" "$2"
}

prepare
check "what was written goes" purge
check "all of it" test ! -e "$library" -a ! -e "$folder/root/etc/loft-registry"
check "that can be done twice" purge

prepare
rm -r "$library"
ln -s "$folder/disk" "$library"
check "a link goes" purge
check "and what it leads to stays" test -e "$folder/disk/kept" -a ! -L "$library"

prepare
if unshare -r -m true 2>/dev/null; then
  check "a file system that is mounted there stays" purge_with \
    'mount -t tmpfs none "$1/root/var/lib/loft-registry"
     echo kept >"$1/root/var/lib/loft-registry/kept"' \
    "cat '$library/kept'"
  check "a folder that is mounted there stays" purge_with \
    'mount --bind "$1/disk" "$1/root/var/lib/loft-registry"' \
    "cat '$library/kept'"
  check "a folder that is mounted below stays" purge_with \
    'mount --bind "$1/disk" "$1/root/var/lib/loft-registry/hello"' \
    "cat '$library/hello/kept'"
  check "and nothing of it was lost" test -e "$folder/disk/kept"
else
  skip "what is mounted there stays" "needs a namespace of its own"
fi

finish
