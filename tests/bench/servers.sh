# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# The servers that are measured. Each has a name, and a folder of that name.

servers=

pid_of ()
{
  cat "$1/pid"
}

url_of ()
{
  cat "$1/url"
}

port_of ()
{
  sed 's/.*://' "$1/url"
}

# stop NAME: stops a server, which has to end in order.
stop ()
{
  stopped=$(pid_of "$1")
  servers=$(printf '%s' "$servers" | sed "s/ $stopped\$//; s/ $stopped / /")
  kill -TERM "$stopped"
  wait "$stopped" || die "$1 did not stop in order"
}

# What no longer has to show that it ends in order.
stop_others ()
{
  for pid in $servers; do
    kill -TERM "$pid" 2>/dev/null
  done
  wait
  servers=
}

# wait_for SECONDS NAME COMMAND...: until the command succeeds, or the server
# has ended.
wait_for ()
{
  tries=$(($1 * 20))
  waited=$(pid_of "$2")
  shift 2
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    if [ $tries -le 0 ] || ! kill -0 "$waited" 2>/dev/null; then
      return 1
    fi
    sleep 0.05
  done
}

# started NAME PID
started ()
{
  echo "$2" >"$1/pid"
  servers="$servers $2"
}

can_configure ()
{
  "$LOFT_REGISTRYD" --config /dev/null --check-config | grep -q "^$1="
}

# launch NAME: the daemon, with NAME/bench.conf, on the cores of $where.
launch ()
{
  # What it said the last time it ran does not count.
  : >"$1/log"
  $where "$LOFT_REGISTRYD" --config "$1/bench.conf" >"$1/log" 2>&1 &
  started "$1" $!
  if ! wait_for 60 "$1" grep -q 'Listening on' "$1/log"; then
    cat "$1/log" >&2
    die "the daemon does not start"
  fi
  sed -n 's|.*Listening on \(http://127.0.0.1:[0-9]*\).*|\1|p' "$1/log" \
    >"$1/url"
  wait_for 600 "$1" curl -sf -o /dev/null "$(url_of "$1")/readyz" ||
    die "the daemon is not ready"
}

# start_loft NAME KEY=VALUE...: serves NAME/storage from one core by one
# process, unless a key says that there are more workers. No idle connection
# comes of age during a measurement.
start_loft ()
{
  name=$1
  shift
  mkdir -p "$name/storage"
  {
    printf '[registry]\nstorage=%s\ncache-directory=%s\n' \
      "$folder/$name/storage" "$folder/$name/cache"
    printf 'max-tarball-size=1 GiB\nmax-unpacked-size=2 GiB\n'
    printf '[http]\nlisten=127.0.0.1:0\naccess-log=false\nidle-timeout=3600\n'
    for key in "$@"; do
      echo "$key"
    done
  } >"$name/bench.conf"
  where=$server
  if grep -q '^workers=' "$name/bench.conf"; then
    where=
  elif can_configure workers; then
    echo workers=1 >>"$name/bench.conf"
  fi
  launch "$name"
}

# start_hello NAME: what libsoup does by itself.
start_hello ()
{
  mkdir -p "$1"
  $server "$bench/bench-hello" >"$1/url" 2>"$1/log" &
  started "$1" $!
  wait_for 10 "$1" test -s "$1/url" || die "bench-hello: $(cat "$1/log")"
}

write_nginx_conf ()
{
  user=
  if [ "$(id -u)" = 0 ]; then
    user="user $(id -un) $(id -gn);"
  fi
  cat <<END
$user
worker_processes 1;
daemon off;
pid $folder/$1/nginx-pid;
error_log $folder/$1/log;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 600;
  keepalive_requests 1000000000;
  open_file_cache max=1000 inactive=600s;
  open_file_cache_valid 600s;
  client_body_temp_path $folder/$1/tmp-1;
  proxy_temp_path $folder/$1/tmp-2;
  fastcgi_temp_path $folder/$1/tmp-3;
  uwsgi_temp_path $folder/$1/tmp-4;
  scgi_temp_path $folder/$1/tmp-5;
  server { listen 127.0.0.1:$2; root $folder/$1/www; }
}
END
}

# start_nginx NAME: serves NAME/www. nginx can't choose a port itself.
start_nginx ()
{
  for try in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + ($$ * 10 + try) % 10000))
    write_nginx_conf "$1" $port >"$1/nginx.conf"
    $server "$nginx_program" -p "$folder/$1" -e "$folder/$1/log" \
      -c "$folder/$1/nginx.conf" 2>"$1/err" &
    started "$1" $!
    echo "http://127.0.0.1:$port" >"$1/url"
    if wait_for 1 "$1" curl -sf -o /dev/null "$(url_of "$1")/list" &&
       [ "$(cat "$1/nginx-pid")" = "$(pid_of "$1")" ]; then
      return
    fi
    kill -KILL "$(pid_of "$1")" 2>/dev/null
  done
  cat "$1/err" "$1/log" >&2
  die "nginx does not start"
}
