#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Documentation under a real systemd: what is published is built in the unit for
# that, shut off as it is, and served. What builds it here tries to do harm.

if ! command -v bwrap >/dev/null; then
  echo "1..0 # SKIP bubblewrap is not installed"
  exit 0
fi

. "$G_TEST_SRCDIR/system/service.sh"

# The page that is built tells what could be had.
mkdir -p upper/usr/local/bin
cat >upper/usr/local/bin/make-docs <<'END'
#!/bin/bash
cd "$1" || exit 1
{
  echo "documentation of $LOFT_DOCS_NAME $LOFT_DOCS_VERSION"
  id -u
  for file in /etc/passwd /etc/loft-registry.conf /etc/loft-registry/engine \
              /var/lib/loft-registry /run/loft-registry-docs.sock /root /home; do
    [ ! -e "$file" ] || echo "sees $file"
  done
  for file in / /src /usr /dev /etc; do
    (: >"$file/written") 2>/dev/null && echo "writes to $file"
  done
  (exec 3<>/dev/tcp/127.0.0.1/3030) 2>/dev/null && echo "reaches the registry"
  unshare -r true 2>/dev/null && echo "makes namespaces"
  mount -t tmpfs none /tmp 2>/dev/null && echo "mounts"
  grep -h -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status
  set -- /proc/[0-9]*
  [ $# -lt 6 ] || echo "sees other processes"
  echo "the end"
} >index.html 2>/dev/null
case $LOFT_DOCS_VERSION in
  1.0.1) echo "this fails" >&2; exit 3 ;;
  1.0.2) while :; do sleep 1000 & done ;;
esac
END
chmod 755 upper/usr/local/bin/make-docs
boot_with_packages 3
inside sh -c 'mkdir -p "${1%/*}" && cat >"$1"' sh \
  "$LOFT_TEST_SYSCONFDIR/loft-registry.conf" <<'END'
[registry]
doc-command = make-docs {output}
doc-timeout = 3
doc-attempts = 1
END
inside systemd-sysusers
inside systemd-tmpfiles --create loft-registry.conf
inside systemctl daemon-reload
inside sh -c 'umask 077; mkdir -p /etc/loft-registry
  echo secret >/etc/loft-registry/engine'

builds ()
{
  inside journalctl -q --no-pager -u 'loft-registry-docs@*' | grep -F -e "$1"
}

# none_is_left: no instance runs.
none_is_left ()
{
  ! inside systemctl list-units --no-legend --plain 'loft-registry-docs@*' |
    grep .
}

check "the sockets start" inside systemctl start loft-registry.socket \
  loft-registry-docs.socket
check "only the registry may use the one for documentation" \
  says "600 loft-registry" inside stat -c '%a %U' /run/loft-registry-docs.sock
check "nothing is built yet" none_is_left

# What is published before that is not built unless it is asked for.
check "the service starts, and begins to build" shows "Registry" "$url/"
check "it notes from where on" within 20 inside test -e \
  "/var/lib/loft-registry/registry-storage/_registry/docs.json"
check "a version is published" puts 0
check "the builder is heard of" within 20 builds "“1.0.0”: "
if builds "can't make a sandbox" >/dev/null; then
  skip "its documentation is built" "no sandbox can be made here"
  shut_down
  finish
  exit 0
fi
check "its documentation is built" within 20 builds "“1.0.0”: built"
check "and served" within 20 shows "documentation of hello 1.0.0" -L \
  "$url/d/hello/1.0.0/"
get -L "$url/d/hello/1.0.0/" >page.txt
printf '%s\n' "documentation of hello 1.0.0" 65534 \
  "NoNewPrivs:	1" "CapBnd:	0000000000000000" "Seccomp:	2" "the end" |
  sort >wanted.txt
check "what built it could do nothing but that" sh -c \
  'sort page.txt | diff wanted.txt -'
check "nobody is left of it" within 10 none_is_left

check "a second version is published" puts 1
check "it can't be built" within 20 builds "“1.0.1”: failed: The command failed"
check "a third one, which makes processes all the time" puts 2
check "it is ended" within 20 builds "“1.0.2”: failed: "
check "nobody is left of it either" within 10 none_is_left
check "the next one is built all the same" puts 3
check "as it should" within 20 builds "“1.0.3”: built"
check "no failure of a package is one of a unit" fails 0 "0 loaded units" \
  inside systemctl list-units --failed --no-pager 'loft-registry-docs*'
check "the sockets stop" inside systemctl stop loft-registry-docs.socket \
  loft-registry.socket "$service"
check "nothing is left of the one for documentation" \
  inside test ! -e /run/loft-registry-docs.sock

shut_down
finish
