# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# What tests share that need a real systemd: lib.sh, and a container with this
# machine's system, booted a second time, where all that is written goes to a
# folder of the test.

if [ "${1-}" != --inside ]; then
  if [ "$(id -u)" != 0 ] || ! command -v systemd-nspawn >/dev/null; then
    echo "1..0 # SKIP needs root and systemd-nspawn"
    exit 0
  fi
  # In namespaces of its own: however this ends, no mount and no process is left.
  # It ends: with whatever hangs, since the first process of the namespace dies
  # with the one that made it.
  if ! unshare --mount --pid --fork --mount-proc true 2>/dev/null; then
    echo "1..0 # SKIP namespaces can't be made here"
    exit 0
  fi
  exec timeout -s KILL 600 \
    unshare --mount --pid --fork --kill-child --mount-proc "$0" --inside
fi

. "$G_TEST_SRCDIR/system/lib.sh"

url=http://127.0.0.1:3030
service=loft-registry.service
token='Authorization: Bearer one-token-that-is-long-enough-to-own-a-name'

# mount_root: what is in upper/ comes into the container as if it had always
# been there.
mount_root ()
{
  root=$folder/root
  mkdir -p upper work root
  mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" \
    loft-registry "$root"
}

# inside COMMAND...: runs it in the container.
inside ()
{
  timeout 60 nsenter -t "$leader" -m -u -i -n -p -C -- "$@"
}

booted ()
{
  leader=$(cat "/proc/$container/task/$container/children" 2>/dev/null)
  leader=${leader%% *}
  [ -n "$leader" ] &&
    inside systemctl is-system-running 2>/dev/null | grep -q -E 'running|degraded'
}

# Containers that are started in one control group share those of their services,
# so there is one at a time on this machine.
boot ()
{
  exec 9<"$(command -v systemd-nspawn)"
  flock 9
  systemd-nspawn -q -D "$root" -M "loft-registry-$$" --register=no --keep-unit \
    --private-network --console=pipe --link-journal=no \
    -b systemd.unit=basic.target </dev/null >boot.txt 2>&1 &
  container=$!
  pids="$pids $container"
  within 30 booted && booted
}

# An orderly end, so that nothing holds the folder when it is removed.
shut_down ()
{
  kill "$container"
  within 10 dead "$container" || kill -KILL "$leader"
  wait "$container" 2>/dev/null
  umount "$root"
}

# explain: why nothing has booted; nothing of it stays.
explain ()
{
  sed 's/^/# /' boot.txt
  if [ -n "${container-}" ]; then
    kill "$container" 2>/dev/null
    within 10 dead "$container" || kill -KILL "$container"
    wait "$container" 2>/dev/null
  fi
  umount "$root" 2>/dev/null
}

# As in lib.sh, for commands that are functions.
fails ()
{
  expected=$1
  text=$2
  shift 2
  status=0
  "$@" >fails.out 2>&1 || status=$?
  cat fails.out
  echo "exit status $status"
  [ "$status" -eq "$expected" ] && grep -q -F -e "$text" fails.out
}

# show PROPERTY: what systemd knows of the service.
show ()
{
  inside systemctl show --value -p "$1" "$service"
}

# has PROPERTY PATTERN
has ()
{
  value=$(show "$1")
  echo "$1=$value"
  printf '%s\n' "$value" | grep -q -E -x -e "$2"
}

get ()
{
  inside curl -sS --max-time 20 "$@"
}

journal ()
{
  inside journalctl -q --no-pager -u "$service" "$@"
}

journal_says ()
{
  text=$1
  shift
  journal "$@" | grep -F -e "$text"
}

# make_packages COUNT: the versions 1.0.0 to 1.0.COUNT of hello, for the
# container.
make_packages ()
{
  packages=$1
  mkdir -p upper/srv/packages
  for i in $(seq 0 "$packages"); do
    make_package hello "1.0.$i"
    mv "hello-1.0.$i.tar.gz" "upper/srv/packages/$i.tar.gz"
  done
}

# put I: publishes that version; prints the status.
put ()
{
  status_of -T "/srv/packages/$1.tar.gz" -H 'Expect:' -H "$token" \
    -H 'Content-Type: application/gzip' "$url/packages/hello/1.0.$1"
}

puts ()
{
  actual=$(put "$1")
  echo "answer $actual"
  [ "$actual" = 201 ]
}

# Clients that read and publish all the time. None tries twice, but for a kept
# connection that was closed before the answer began: then curl does, as HTTP
# has it.
read_all_the_time ()
{
  while [ ! -e done.txt ]; do
    get --parallel --parallel-max 8 -H "Connection: $1" -o /dev/null \
      -w '%{http_code} %{errormsg}\n' "$url/packages/hello?[1-200]" \
      >>"$1.txt" 2>/dev/null
  done
}
publish_all_the_time ()
{
  for i in $(seq 1 "$packages"); do
    put "$i" >>publishes.txt 2>&1
    echo >>publishes.txt
    sleep 0.03
    [ ! -e done.txt ] || break
  done
}
start_clients ()
{
  read_all_the_time close &
  closer=$!
  read_all_the_time keep-alive &
  keeper=$!
  publish_all_the_time &
  publisher=$!
}

# stop_clients: and look at what they were answered.
stop_clients ()
{
  touch done.txt
  wait "$closer" "$keeper" "$publisher"
  wc -l close.txt keep-alive.txt publishes.txt | sed 's/^/# /'
  for connection in close keep-alive; do
    check "clients read all the time, connection: $connection" \
      test "$(wc -l <"$connection.txt")" -ge 200
    check "no read failed" sh -c '! grep -v "^200 *$" "$1"' sh "$connection.txt"
  done
  check "clients published" test "$(wc -l <publishes.txt)" -ge 3
  check "no publish failed" sh -c '! grep -v "^201$" publishes.txt'
  check "what was published is there" \
    shows "\"1.0.$(wc -l <publishes.txt)\"" "$url/packages/hello"
}
