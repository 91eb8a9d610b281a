#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# The Debian package, from the release tarball to its purge: it is built without
# its tests, and installed, used, upgraded and removed in a container.

if [ -n "${LOFT_TEST_SHORT-}" ]; then
  echo "1..0 # SKIP builds a package, which is not short"
  exit 0
fi
if ! command -v dh >/dev/null || ! command -v dpkg-buildpackage >/dev/null; then
  echo "1..0 # SKIP needs debhelper and dpkg-dev"
  exit 0
fi
control=$G_TEST_SRCDIR/../packaging/debian/control
if ! missing=$(dpkg-checkbuilddeps -I -P nocheck "$control" 2>&1); then
  echo "1..0 # SKIP ${missing##*: }"
  exit 0
fi
if ! command -v dbus-send >/dev/null ||
   [ ! -e /lib/systemd/system/dbus.service ]; then
  echo "1..0 # SKIP needs a system bus"
  exit 0
fi
if dpkg-query -W loft-registry >/dev/null 2>&1; then
  echo "1..0 # SKIP the package is installed here"
  exit 0
fi

. "$G_TEST_SRCDIR/system/container.sh"

# The build starts from what a user types, not from this make; and what is
# installed looks nowhere else.
unset MAKEFLAGS MFLAGS MAKELEVEL || :
unset LD_LIBRARY_PATH LOFT_BACKENDDIR XDG_CACHE_HOME || :

build ()
{
  CC=$LOFT_TEST_CC DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" \
    timeout 500 "${MAKE:-make}" -C "$G_TEST_BUILDDIR/.." deb \
    DEB_BUILD_FLAGS='-us -uc -d' >build.out 2>&1 ||
    { tail -n 40 build.out; return 1; }
}

# lintian_is_content CHANGES
lintian_is_content ()
{
  lintian --pedantic -EvI "$1" >lintian.out 2>lintian.err
  status=$?
  cat lintian.out lintian.err
  [ "$status" -eq 0 ] && [ ! -s lintian.out ]
}

# newer DEB: the same package in a later version, for the container.
newer ()
{
  dpkg-deb -R "$1" newer &&
    sed -i 's/^Version: .*/&+later/' newer/DEBIAN/control &&
    dpkg-deb --root-owner-group -b newer upper/srv/newer.deb
}

# A request as the released client sends it, for the container.
# request NAME VERSION DEPENDENCIES: of the folder package/.
request ()
{
  manifest=$(printf '{"dependencies":%s,"entrypoint":"%s","name":"%s","version":"%s"}' \
    "$3" src/main.lf "$1" "$2")
  printf '// %s %s\n' "$1" "$2" >package/src/main.lf
  echo "$manifest" >package/manifest.json
  (cd package && tar --format=gnu --sparse -cz -f ../package.tar.gz \
    $(ls -A | LC_ALL=C sort))
  printf '{"name":"%s","version":"%s","description":null,"manifest":%s,"tarball":"%s"}' \
    "$1" "$2" "$manifest" "$(base64 -w 0 package.tar.gz)" >body
  {
    printf '%s\r\n' 'POST /packages/publish HTTP/1.1' \
      'authorization: Bearer 0123456789abcdef0123456789abcdef0123' \
      'content-type: application/json' "content-length: $(wc -c <body)" \
      'accept: */*' 'host: 127.0.0.1:5077' ''
    cat body
  } >"upper/srv/publish-$1-$2.http"
}

requests ()
{
  mkdir -p upper/srv package/src
  request hello-lib 0.1.0 '{}'
  request hello-lib 0.2.0 '{}'
  request hello-lib 1.0.0-rc.1 '{}'
  request greeter 1.0.0 '{"hello-lib":"^0.1.0","local-thing":"../local"}'

  # What is odd for a tarball: a dotfile, a hole, a long path, a name in UTF-8.
  long=package/src/a-folder-with-a-long-name/another-folder-with-a-long-name
  mkdir -p "$long"
  echo hidden >package/.hidden
  truncate -s 3M package/src/sparse.bin
  echo long >"$long/a-file-whose-path-does-not-fit-in-a-header-of-tar.lf"
  echo grüße >package/src/grüße.lf
  request odd-files 0.1.0 '{"hello-lib":"~0.2.0"}'
}

# sends NAME-VERSION STATUS: the request gets that answer.
sends ()
{
  answer=$(inside timeout 20 bash -c \
    'exec 3<>/dev/tcp/127.0.0.1/3030; cat "$1" >&3; head -n 1 <&3' bash \
    "/srv/publish-$1.http")
  echo "$answer"
  case $answer in
    "HTTP/1.1 $2 "*) ;;
    *) return 1 ;;
  esac
}

# downloads NAME VERSION: the tarball is there, and whole.
downloads ()
{
  get -f -o /srv/download "$url/packages/$1/$2/download" &&
    inside tar -tzf /srv/download
}

dpkg_does ()
{
  inside env DEBIAN_FRONTEND=noninteractive dpkg "$@"
}

# snapshot FILE: what there is in the container beyond this machine's files, or is
# missing of them, but for what systemd, the journal and man do by themselves.
snapshot ()
{
  (cd upper && find . -type c -links 1 -print -o -exec \
    sh -c 'for file; do [ -e "/$file" ] || echo "$file"; done' sh {} + ) |
    grep -v -E -x -e '\./(srv|tmp|var/tmp|var/log|var/cache/man)/.*' |
    LC_ALL=C sort >"$1"
  inside find /run -xdev | grep -v -E -x \
    -e '/run/log/.*' \
    -e '/run/systemd/(incoming|journal|propagate|transient|unit-root|units)(/.*)?' |
    LC_ALL=C sort >>"$1"
}

check "the package is built" build
changes=$(ls "$G_TEST_BUILDDIR"/../packages/deb/*.changes)
deb=$(ls "$G_TEST_BUILDDIR"/../packages/deb/loft-registry_*.deb)
if command -v lintian >/dev/null; then
  check "lintian has nothing to say" lintian_is_content "$changes"
else
  skip "lintian has nothing to say" "lintian is not installed"
fi

prepare ()
{
  requests
  make_packages 199
  cp "$deb" upper/srv/loft-registry.deb
  cp "${deb%/*}"/loft-registry-backend-s3_*.deb \
    upper/srv/loft-registry-backend-s3.deb
  newer "$deb" || return 1
  cp "$G_TEST_SRCDIR/../packaging/debian/tests/service" upper/srv/autopkgtest
  mount_root
  rm -f "$root/usr/sbin/policy-rc.d" # services shall be started there
}
if ! prepare >boot.txt 2>&1 || ! boot; then
  explain
  skip "it is installed" "no container can be booted here"
  finish
  exit 0
fi
inside systemctl start dbus.service
snapshot before.txt

# Install.
check "it is installed" dpkg_does -i /srv/loft-registry.deb
check "what shall start by itself is enabled" inside systemctl is-enabled \
  "$service" loft-registry.socket loft-registry-collect.timer \
  loft-registry-verify.timer
check "it was started" within 20 has ActiveState active
check "the timers too" inside systemctl is-active loft-registry-collect.timer \
  loft-registry-verify.timer
check "it can be administered at once" says "ready" inside loft-registryctl status
check "it stops" inside systemctl stop loft-registry.socket "$service"
check "nobody listens any more" fails 7 "" get "$url/"
check "systemctl starts it" inside systemctl start "$service"
check "it serves" shows "Registry" "$url/"
check "its configuration is one that it understands" \
  inside loft-registryd --check-config
check "the journal explains what it says" \
  says "loft-registry: The registry serves" inside journalctl --list-catalog
check "its manual is there" says "LOFT-REGISTRYD" inside man -P cat loft-registryd

# Publish.
check "what the client sends is published" sends hello-lib-0.1.0 200
check "a second version too" sends hello-lib-0.2.0 200
check "a pre-release too" sends hello-lib-1.0.0-rc.1 200
check "odd files too" sends odd-files-0.1.0 200
check "what nobody else could install is refused" sends greeter-1.0.0 422
for version in 0.1.0 0.2.0 1.0.0-rc.1; do
  check "hello-lib $version is served" downloads hello-lib "$version"
done
check "and odd-files" downloads odd-files 0.1.0
check "its own test passes" inside sh -c 'mkdir /srv/autopkgtest.d &&
  AUTOPKGTEST_TMP=/srv/autopkgtest.d exec /srv/autopkgtest'

# Another backend, which is a package of its own.
open_a_bucket ()
{
  inside loft-registryd --config /dev/null --storage s3://bucket \
    --listen 127.0.0.1:0
}
check "without its package it can't use an object store" \
  fails 1 'There is no backend “s3”' open_a_bucket
check "that is installed" dpkg_does -i /srv/loft-registry-backend-s3.deb
check "then it asks for keys" \
  fails 1 "There are no keys for the storage" open_a_bucket
check "that is purged" dpkg_does -P loft-registry-backend-s3

# Upgrade, while clients read and publish.
check "the first of many is published" \
  sh -c '[ "$1" = 201 ]' sh "$(put 0)"
pid=$(show MainPID)
start_clients
sleep 1
check "it is upgraded" dpkg_does -i /srv/newer.deb
sleep 1
stop_clients
check "it is the later one" says "+later" inside dpkg-query -W loft-registry
check "that was started" sh -c '[ "$1" != "$2" ]' sh "$pid" "$(show MainPID)"
check "what was there before is there" downloads odd-files 0.1.0

# Remove, and think better of it.
storage=/var/lib/loft-registry/registry-storage
inside sh -c 'echo "# mine" >>/etc/loft-registry.conf
  umask 077; echo secret >/etc/loft-registry/engine'
check "it is removed" dpkg_does -r loft-registry
check "nobody listens any more" fails 7 "" get "$url/"
check "the units are gone" \
  sh -c '[ "$1" = not-found ]' sh "$(show LoadState)"
check "the packages are kept" \
  inside test -f "$storage/odd-files/0.1.0.tar.gz"
check "and the configuration" \
  inside grep -q '^# mine' /etc/loft-registry.conf
check "it is installed again" dpkg_does -i /srv/newer.deb
check "the packages are served again" downloads odd-files 0.1.0
check "with the configuration as it was" \
  inside grep -q '^# mine' /etc/loft-registry.conf

# Purge.
check "it is purged" dpkg_does -P loft-registry
check "the user is left, and can't be logged in as" \
  says "nologin" inside getent passwd loft-registry
check "that user owns nothing" sh -c '! find "$1" -uid "$2" | grep .' sh \
  upper "$(inside id -u loft-registry)"
snapshot after.txt
check "nothing else is left" diff before.txt after.txt

shut_down
finish
