#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# What "make install" puts where, and what "make uninstall" leaves.

. "$G_TEST_SRCDIR/system/lib.sh"

# The installation starts from what a user types, not from this make.
unset MAKEFLAGS MFLAGS MAKELEVEL LD_LIBRARY_PATH || :

build ()
{
  timeout 300 "${MAKE:-make}" -C "$G_TEST_BUILDDIR/.." "$@"
}

check "make -j install to DESTDIR succeeds" build -j4 install DESTDIR="$PWD/dest"

for file in "$LOFT_TEST_BINDIR/loft-registry-docs" \
            "$LOFT_TEST_BINDIR/loft-registryctl" \
            "$LOFT_TEST_BINDIR/loft-registryd" \
            "$LOFT_TEST_PKGLIBDIR/libloft-storage.so" \
            "$LOFT_TEST_PKGLIBDIR/backends/filesystem.so" \
            "$LOFT_TEST_DOCDIR/PRODUCTION" \
            "$LOFT_TEST_DOCDIR/examples/Caddyfile" \
            "$LOFT_TEST_DOCDIR/examples/loft-registry.conf" \
            "$LOFT_TEST_DOCDIR/examples/loft-registry.json" \
            "$LOFT_TEST_DOCDIR/examples/loft-registry.rules.yml" \
            "$LOFT_TEST_DOCDIR/examples/nginx.conf" \
            "$LOFT_TEST_DATADIR/bash-completion/completions/loft-registryctl" \
            "$LOFT_TEST_DATADIR/fish/vendor_completions.d/loft-registryctl.fish" \
            "$LOFT_TEST_DATADIR/zsh/site-functions/_loft-registryctl" \
            "$LOFT_TEST_DATADIR/dbus-1/interfaces/sh.fargone.loft.Registry1.xml" \
            "$LOFT_TEST_DATADIR/dbus-1/system.d/sh.fargone.loft.Registry1.conf" \
            "$LOFT_TEST_DATADIR/dbus-1/system-services/sh.fargone.loft.Registry1.service" \
            "$LOFT_TEST_DATADIR/polkit-1/actions/sh.fargone.loft.registry.policy" \
            "$LOFT_TEST_MANDIR/man1/loft-registryctl.1" \
            "$LOFT_TEST_MANDIR/man5/loft-registry.conf.5" \
            "$LOFT_TEST_MANDIR/man8/loft-registry-docs.8" \
            "$LOFT_TEST_MANDIR/man8/loft-registryd.8"; do
  check "$file is installed" test -f "dest$file"
done

if [ -n "$LOFT_TEST_UNITDIR" ]; then
  for file in "$LOFT_TEST_UNITDIR/loft-registry.service" \
              "$LOFT_TEST_UNITDIR/loft-registry.socket" \
              "$LOFT_TEST_UNITDIR/loft-registry-collect.service" \
              "$LOFT_TEST_UNITDIR/loft-registry-collect.timer" \
              "$LOFT_TEST_UNITDIR/loft-registry-docs.socket" \
              "$LOFT_TEST_UNITDIR/loft-registry-docs@.service" \
              "$LOFT_TEST_UNITDIR/loft-registry-verify.service" \
              "$LOFT_TEST_UNITDIR/loft-registry-verify.timer" \
              "$LOFT_TEST_CATALOGDIR/loft-registry.catalog" \
              "$LOFT_TEST_SYSUSERSDIR/loft-registry.conf" \
              "$LOFT_TEST_TMPFILESDIR/loft-registry.conf"; do
    check "$file is installed" test -f "dest$file"
  done
fi

check "no file names a folder of the build" sh -c '
  ! grep -r -l -F -e "$1" dest --include="*.conf" --include="*.[158]" \
    --include="*.service"
' sh "$G_TEST_BUILDDIR"
check "no placeholder is left" sh -c '
  ! grep -r -E "@[A-Za-z]+@" dest --include="*.conf" --include="*.[158]" \
    --include="*.service"'
check "no configuration is overwritten" \
  test ! -e "dest$LOFT_TEST_SYSCONFDIR/loft-registry.conf"
check "a backend exports nothing but its plugin" sh -c '
  nm -D --defined-only "$1" >symbols.txt || exit 1
  ! grep -v " loft_storage_plugin$" symbols.txt
' sh "dest$LOFT_TEST_PKGLIBDIR/backends/filesystem.so"

check "make uninstall succeeds" build uninstall DESTDIR="$PWD/dest"
check "make uninstall leaves no file" sh -c '
  find dest ! -type d >left.txt; cat left.txt; test ! -s left.txt'

finish
