#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# The service with its packages on a WebDAV server, under a real systemd and in
# its sandbox, with the settings that loft-registryd(8) gives for that.

engine=$G_TEST_SRCDIR/engines/apache
for tool in apache2 curl dbus-daemon openssl; do
  if ! PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null; then
    echo "1..0 # SKIP there is no $tool"
    exit 0
  fi
done
if [ ! -f /usr/share/gvfs/mounts/dav.mount ]; then
  echo "1..0 # SKIP there is no GVfs for WebDAV"
  exit 0
fi

. "$G_TEST_SRCDIR/system/service.sh"

boot_with_packages 3

# settings: those in the section of the manual page.
settings ()
{
  sed -n '/^\.SH "STORAGE BY GVFS"/,/^\.fi/p' \
    "$installed$LOFT_TEST_MANDIR/man8/loft-registryd.8" |
    sed -n '/^\.nf/,/^\.fi/p' | sed '/^\./d; s/\\-/-/g'
}

# put_file PATH: what comes on standard input, for root only.
put_file ()
{
  inside sh -c 'umask 077 && mkdir -p "${1%/*}" && cat >"$1"' sh "$1"
}

apache ()
{
  inside /srv/apache "$1" /srv/dav
}

same ()
{
  inside curl -sS -f -o /srv/got "$url/packages/hello/1.0.$1/download" &&
    inside cmp /srv/got "/srv/packages/$1.tar.gz"
}

# Nothing of the service, nor of what it has started, runs any more.
all_gone ()
{
  ! inside pgrep -u loft-registry -l
}

inside mkdir -p /srv/dav
inside sh -c 'cat >/srv/apache && chmod 755 /srv/apache' <"$engine"
check "a WebDAV server is made" apache make
check "it starts" apache start
inside systemd-sysusers
inside systemd-tmpfiles --create loft-registry.conf
printf '[registry]\nstorage=dav://loft@127.0.0.1:%s/store\n' \
  "$(inside cat /srv/dav/port)" |
  put_file "$LOFT_TEST_SYSCONFDIR/loft-registry.conf"
inside chmod 644 "$LOFT_TEST_SYSCONFDIR/loft-registry.conf"
printf '[gio]\npassword=%s\n' "$(inside cat /srv/dav/password)" |
  put_file /etc/loft-registry/gio
settings >settings.txt
check "the manual page has settings" grep -q '^ExecStart=/bin/sh' settings.txt
put_file "/run/systemd/system/$service.d/gio.conf" <settings.txt
inside chmod -R a+rX "/run/systemd/system/$service.d"
inside systemctl daemon-reload

check "the service starts with them" inside systemctl start "$service"
check "it is ready" within 20 has ActiveState active
check "it takes a package" puts 0
check "which is on the server" \
  inside test -s /srv/dav/data/store/hello/1.0.0.json
check "and served" same 0
check "nothing went wrong" sh -c '[ -z "$1" ]' sh "$(journal -p warning)"
check "what serves the mount dies" inside sh -c \
  'kill -KILL $(pgrep -u loft-registry -x gvfsd-dav)'
check "it goes on" within 20 puts 1
check "with all it had" same 0
check "it is restarted" inside systemctl restart "$service"
check "with all it had then" within 20 same 1
check "and more" puts 2
journal >journal.txt
check "no secret is in the journal" sh -c '! grep -F -e "$1" "$2"' sh \
  "$(inside cat /srv/dav/password)" journal.txt
check "it stops" inside systemctl stop loft-registry.socket "$service"
check "in order" has Result success
check "with all that it had started" within 5 all_gone
check "and the store is given up" \
  inside test ! -e /srv/dav/data/store/_registry/gio/lease

apache kill
shut_down
finish
