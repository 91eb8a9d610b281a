#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# The service under a real systemd: this machine's system, booted a second time
# in a container, where all that is written goes to a folder of the test.

. "$G_TEST_SRCDIR/system/service.sh"

# Packages for as long as the restarts take, and longer.
boot_with_packages 199

# message_id NAME: the MESSAGE_ID of that name.
message_id ()
{
  sed -n "s/^#define LOFT_MESSAGE_$1 \"\([0-9a-f]*\)\"$/\1/p" \
    "$G_TEST_SRCDIR/../src/registry/loft-message-id.h"
}

configure ()
{
  inside sh -c 'mkdir -p "${1%/*}" && cat >"$1"' sh \
    "$LOFT_TEST_SYSCONFDIR/loft-registry.conf"
}

printf '[http]\nworkers=2\n' | configure
check "the user is made" inside systemd-sysusers
check "the folder is made" inside systemd-tmpfiles --create loft-registry.conf
check "the user owns it" \
  says loft-registry inside stat -c %U /var/lib/loft-registry

# Start, by the first who connects.
inside systemctl daemon-reload
check "the socket starts" inside systemctl start loft-registry.socket
check "the service does not, yet" has ActiveState inactive
check "whoever connects gets an answer" shows "Registry" "$url/"
check "for now it runs" within 20 has ActiveState active
check "it tells since when" \
  shows "process_start_time_seconds" "$url/metrics"
check "it takes a package" puts 0
check "it runs as the user" sh -c '[ "$1" = loft-registry ]' sh \
  "$(inside ps -o user:20= -p "$(show MainPID)" | tr -d ' ')"
check "it tells what it has" within 10 has StatusText '.*packages: 1,.*'
check "it says nothing on standard error, but all in the journal" \
  journal_says '"GLIB_DOMAIN":"LoftDaemon"' -o json
check "nothing went wrong" sh -c '[ -z "$1" ]' sh "$(journal -p warning)"

# Reload.
printf '[http]\nworkers=2\nmax-wait=61\n' | configure
check "a reload succeeds" inside systemctl reload "$service"
check "it has an effect" within 10 journal_says "[http] max-wait has changed"
check "it is over" within 10 has ActiveState active
printf '[http]\nmax-wait=never\n' | configure
check "with a mistake in the configuration it fails" \
  fails 1 "loft-registry.service" inside systemctl reload "$service"
check "and the service goes on" shows "Registry" "$url/"
printf '[http]\nworkers=2\n' | configure

# Restarts while clients read and publish.
start_clients
for i in 1 2 3; do
  sleep 0.5
  check "restart $i under load succeeds" inside systemctl restart "$service"
done
sleep 0.5
stop_clients
check "versions are compared, by a program that may run there" \
  shows '"lines_added":1,' "$url/packages/hello/diff/1.0.0/1.0.1"

# What happens at night. Garbage is what a publisher leaves that was killed when
# another one had published the same version.
hello=/var/lib/loft-registry/registry-storage/hello
digest=$(printf '%064d' 0)
garbage=$hello/1.0.0~$digest.tar.gz

# elapse NAME: has that timer elapse now, and perhaps again, until "rest NAME".
elapse ()
{
  inside mkdir -p "/run/systemd/system/loft-registry-$1.timer.d"
  printf '[Timer]\nOnActiveSec=0\nRandomizedDelaySec=0\nAccuracySec=1us\n' |
    inside sh -c 'cat >"$1"' sh \
    "/run/systemd/system/loft-registry-$1.timer.d/now.conf"
  inside systemctl daemon-reload
  inside systemctl restart "loft-registry-$1.timer"
}

rest ()
{
  inside systemctl stop "loft-registry-$1.timer" "loft-registry-$1.service"
  inside rm "/run/systemd/system/loft-registry-$1.timer.d/now.conf"
  inside systemctl daemon-reload
}

# in_service NAME COMMAND...: has or show, about that service.
in_service ()
{
  (service=loft-registry-$1.service && shift && "$@")
}

is_there ()
{
  inside test -e "$1"
}

is_gone ()
{
  ! is_there "$1"
}

maintain ()
{
  make_package hello 1.0.0
  inside sh -c 'cat >"$1" && chown loft-registry: "$1"' sh "$garbage" \
    <hello-1.0.0.tar.gz
  check "there is garbage" is_there "$garbage"
  elapse collect
  check "at night it is collected" within 20 is_gone "$garbage"
  check "which is no failure" within 20 in_service collect has Result success
  check "the journal tells what was removed" \
    within 10 in_service collect journal_says "hello/1.0.0~$digest.tar.gz"
  rest collect

  check "an orphan is made" inside sh -c \
    'echo >"$1" && chown loft-registry: "$1"' sh "$hello/9.0.0.tar.gz"
  check "it makes no night a failure" \
    inside systemctl start loft-registry-collect.service
  check "nor is it removed" is_there "$hello/9.0.0.tar.gz"
  inside rm "$hello/9.0.0.tar.gz"

  check "sound packages are verified" \
    inside systemctl start loft-registry-verify.service
  check "a tarball is damaged" \
    inside sh -c 'cp "$1" /srv/sound && echo >>"$1"' sh "$hello/1.0.0.tar.gz"
  elapse verify
  check "once a week that is seen" \
    within 20 in_service verify has ActiveState failed
  check "as a failure" \
    fails 0 "loft-registry-verify.service" inside systemctl --failed --no-pager
  check "the journal tells which it is" \
    within 10 in_service verify journal_says "archive-damaged"
  rest verify
  inside cp /srv/sound "$hello/1.0.0.tar.gz"
  check "the service has not failed" has ActiveState active

  printf '[Service]\nEnvironment=LOFT_REGISTRY_BUS=none\n' |
    inside sh -c 'mkdir -p "$1" && cat >"$1/bus.conf"' sh \
    "/run/systemd/system/$service.d"
  inside systemctl daemon-reload
  inside systemctl restart "$service"
  check "that the registry is on no bus is a failure" \
    fails 1 "loft-registry-collect.service" \
    inside systemctl start loft-registry-collect.service
  inside rm "/run/systemd/system/$service.d/bus.conf"
  inside systemctl daemon-reload

  check "it stops for a while" \
    inside systemctl stop loft-registry.socket "$service"
  check "it has stopped" has ActiveState inactive
  check "what does not run is left alone, quietly" \
    inside systemctl start loft-registry-collect.service
  check "for its condition fails" \
    in_service collect has ConditionResult no
  check "and nothing starts the service" has ActiveState inactive
  check "it starts again" inside systemctl start loft-registry.socket "$service"
}

# The system bus, and an administrator on it.
if inside systemctl cat dbus.service >/dev/null 2>&1; then
  bus=sh.fargone.loft.Registry1
  path=/sh/fargone/loft/Registry1
  check "the system bus starts" inside systemctl start dbus.service
  check "it stops" inside systemctl stop loft-registry.socket "$service"
  check "whoever asks for it on the bus has it started" \
    within 20 says 'hello' inside busctl call "$bus" "$path" "$bus" \
    ShowPackage s hello
  check "root may have it reload" inside busctl call "$bus" "$path" "$bus" Reload
  check "it does not stop where the socket would have it started again" \
    fails 1 "systemctl stop loft-registry.socket" \
    inside busctl call "$bus" "$path" "$bus" Drain
  check "for the service manager stops both" \
    inside systemctl stop loft-registry.socket "$service"
  check "which lasts" fails 7 "" get "$url/"
  check "until they are started" inside systemctl start loft-registry.socket
  check "and serve again" shows "Registry" "$url/"
  # This returns once the service says that it is ready, as a user waits for it.
  check "with the service behind them" inside systemctl start "$service"
  check "loft-registryctl reaches it" \
    says "hello" inside "$LOFT_TEST_BINDIR/loft-registryctl" packages
  check "its own user may administer it" inside setpriv \
    --reuid loft-registry --regid loft-registry --clear-groups \
    "$LOFT_TEST_BINDIR/loft-registryctl" reload
  check "another may not" fails 4 "" inside setpriv \
    --reuid nobody --regid nogroup --clear-groups \
    "$LOFT_TEST_BINDIR/loft-registryctl" reload

  # What the journal has of that, and of who was refused.
  administered=$(message_id ADMINISTERED)
  check "the journal finds what was done by its kind" within 10 journal_says \
    '"LOFT_METHOD":"Reload"' -o json MESSAGE_ID="$administered"
  check "with who did it" journal_says \
    '"LOFT_ACTOR":"admin:loft-registry"' -o json MESSAGE_ID="$administered"
  check "and who was refused" within 10 journal_says \
    '"LOFT_METHOD":"Reload"' -o json MESSAGE_ID="$(message_id REFUSED)"
  check "its catalog is taken" inside journalctl --update-catalog
  check "journalctl -x explains that" journal_says \
    "The registry was administered" -x MESSAGE_ID="$administered"
  act=$(inside "$LOFT_TEST_BINDIR/loft-registryctl" logs --audit --json \
    --type administer --actor loft-registry -n 1)
  request=$(printf '%s\n' "$act" | sed 's/.*"request":"\([0-9a-f]*\)".*/\1/')
  check "the audit trail has it" says '"act":"Reload"' printf '%s\n' "$act"
  check "by the id of a request that the journal knows" journal_says \
    "asks for Reload" REQUEST_ID="$request"
  maintain
else
  skip "the service is on the system bus" "there is none"
fi

# Keys, which the service can read, and nobody else but root.
check "a key is given" inside sh -c \
  'umask 077; echo secret-of-an-engine >/etc/loft-registry/engine'
check "the service takes it at its start" inside systemctl restart "$service"
key=/run/credentials/$service/key_engine
check "it is told where" inside sh -c 'tr "\0" "\n" <"/proc/$1/environ" |
  grep -q -x "CREDENTIALS_DIRECTORY=$2"' sh "$(show MainPID)" "${key%/*}"
check "its user can read it there" \
  says "secret-of-an-engine" \
  inside setpriv --reuid loft-registry --clear-groups cat "$key"
check "others can't" fails 1 "Permission denied" \
  inside setpriv --reuid nobody --clear-groups cat "$key"
check "nor can its user read the file itself" fails 1 "Permission denied" \
  inside setpriv --reuid loft-registry --clear-groups \
  cat /etc/loft-registry/engine

# A crash, and a worker that hangs.
crashed ()
{
  has NRestarts 1 && has ActiveState active
}
ended ()
{
  has SubState 'auto-restart|start' || has NRestarts 1
}
inside systemctl kill --kill-whom=main -s KILL "$service"
check "a crash ends all its processes" within 20 ended
check "who connects then gets an answer" shows "Registry" "$url/"
check "for it was started again" within 40 crashed
check "the daemon is watched" has WatchdogUSec 30s
inside mkdir -p "/run/systemd/system/$service.d"
printf '[Service]\nWatchdogSec=5\n' |
  inside sh -c 'cat >"$1"' sh "/run/systemd/system/$service.d/watchdog.conf"
inside systemctl daemon-reload
check "it starts with a short watchdog" inside systemctl restart "$service"
check "which suffices while nothing hangs" has NRestarts 0
inside sh -c 'set -- $(cat "/proc/$1/task/$1/children") && kill -STOP "$1"' \
  sh "$(show MainPID)"
check "a worker that hangs is noticed" within 60 crashed
check "that is why it was started again" within 10 journal_says "watchdog"
check "it serves" shows "Registry" "$url/"

check "it stops" inside systemctl stop loft-registry.socket "$service"
check "in order" has Result success
check "nobody listens any more" fails 7 "" get "$url/"

shut_down
finish
