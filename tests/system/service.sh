# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# What tests share that have the installed service in a container: container.sh,
# and how the service comes there.

if [ -z "$LOFT_TEST_UNITDIR" ]; then
  echo "1..0 # SKIP built without systemd"
  exit 0
fi

# The sandbox shuts such folders off, and whatever sanitizers do.
case $LOFT_TEST_BINDIR in
  /home/* | /root/* | /run/* | /tmp/* | /var/tmp/*)
    echo "1..0 # SKIP a service does not see $LOFT_TEST_BINDIR"
    exit 0 ;;
esac
if ldd "$G_TEST_BUILDDIR/installed$LOFT_TEST_BINDIR/loft-registryd" |
   grep -q -F libasan; then
  echo "1..0 # SKIP sanitizers do what the sandbox forbids"
  exit 0
fi

. "$G_TEST_SRCDIR/system/container.sh"

# prepare COUNT: what is installed comes into the container, and the units to
# where systemd looks whatever the prefix; with so many packages.
prepare ()
{
  make_packages "$1"
  cp -a "$installed/." upper/
  mkdir -p upper/etc/systemd/system upper/etc/sysusers.d upper/etc/tmpfiles.d
  cp "$installed$LOFT_TEST_UNITDIR"/loft-registry* upper/etc/systemd/system/
  cp "$installed$LOFT_TEST_SYSUSERSDIR"/*.conf upper/etc/sysusers.d/
  cp "$installed$LOFT_TEST_TMPFILESDIR"/*.conf upper/etc/tmpfiles.d/
  mkdir -p upper/etc/dbus-1/system.d upper/usr/share/dbus-1/system-services
  cp "$installed$LOFT_TEST_DATADIR"/dbus-1/system.d/*.conf \
    upper/etc/dbus-1/system.d/
  cp "$installed$LOFT_TEST_DATADIR"/dbus-1/system-services/*.service \
    upper/usr/share/dbus-1/system-services/
  mkdir -p upper/usr/lib/systemd/catalog
  cp "$installed$LOFT_TEST_CATALOGDIR"/*.catalog upper/usr/lib/systemd/catalog/
  mount_root
}

# boot_with_packages COUNT: the container, or the end of the test.
boot_with_packages ()
{
  if ! prepare "$1" >boot.txt 2>&1 || ! boot; then
    explain
    echo "1..0 # SKIP no container can be booted here"
    exit 0
  fi
}
