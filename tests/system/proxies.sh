#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# The site files for nginx and Caddy, as they are installed, each in front of
# the installed program: by HTTP/2 over TLS, with a certificate of our own.

. "$G_TEST_SRCDIR/system/lib.sh"

examples=$installed$LOFT_TEST_DOCDIR/examples
PATH=$PATH:/usr/sbin:/sbin
host=packages.example.org
token='Authorization: Bearer one-token-that-is-long-enough-to-own-a-name'
other='Authorization: Bearer other-token-that-is-long-enough-as-well-it-is'

has ()
{
  command -v "$1" >/dev/null 2>&1
}

make_certificate ()
{
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -days 2 -subj "/CN=$host" -addext "subjectAltName=DNS:$host" \
    -keyout key.pem -out cert.pem
}

# The proxies can't be told by the system which port they got, so one is drawn
# that seems to be free.
draw_port ()
{
  draws=$((${draws:-0} + 1))
  port=$((20000 + ($$ * 31 + draws * 7) % 12000))
}

proxied ()
{
  get --http2 --cacert cert.pem --resolve "$host:$port:127.0.0.1" \
    --interface "${from:-127.0.0.1}" "$@"
}

proxy_answers ()
{
  kill -0 "$proxy_pid" && proxied -o /dev/null "https://$host:$port/livez"
}

prepare_nginx ()
{
  sed -e "s|127\\.0\\.0\\.1:3030|${url#http://}|" \
    -e '/listen \[::\]/d' \
    -e "s|listen 443 |listen 127.0.0.1:$port |" \
    -e "s|listen 80;|listen 127.0.0.1:$((port + 1));|" \
    -e "s|/etc/letsencrypt/live/$host/fullchain.pem|$folder/cert.pem|" \
    -e "s|/etc/letsencrypt/live/$host/privkey.pem|$folder/key.pem|" \
    -e "s|/var/cache/nginx|$folder/nginx|" \
    "$examples/nginx.conf" >site.conf
  user=
  if [ "$(id -u)" = 0 ]; then
    user="user $(id -un) $(id -gn);"
  fi
  mkdir -p nginx
  cat >nginx.conf <<END
$user
worker_processes 1;
daemon off;
pid $folder/nginx/pid;
error_log $folder/nginx.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path $folder/nginx/body;
  proxy_temp_path $folder/nginx/proxy;
  fastcgi_temp_path $folder/nginx/fastcgi;
  uwsgi_temp_path $folder/nginx/uwsgi;
  scgi_temp_path $folder/nginx/scgi;
  include $folder/site.conf;
}
END
}

run_nginx ()
{
  exec nginx -p "$folder/nginx" -e "$folder/nginx.log" -c "$folder/nginx.conf"
}

prepare_caddy ()
{
  {
    printf '{\n\tadmin off\n\tauto_https disable_redirects\n'
    printf '\tstorage file_system %s/caddy\n}\n' "$folder"
    sed -e "s|127\\.0\\.0\\.1:3030|${url#http://}|" \
      -e "s|^$host {|https://$host:$port {\\
	bind 127.0.0.1\\
	tls $folder/cert.pem $folder/key.pem|" "$examples/Caddyfile"
  } >Caddyfile
}

run_caddy ()
{
  HOME=$folder XDG_DATA_HOME=$folder/caddy XDG_CONFIG_HOME=$folder/caddy \
    exec caddy run --config Caddyfile --adapter caddyfile
}

# start_proxy NAME: starts it on a port that is free.
start_proxy ()
{
  for try in 1 2 3 4 5; do
    draw_port
    "prepare_$1"
    "run_$1" >"$1.log" 2>&1 &
    proxy_pid=$!
    pids="$pids $proxy_pid"
    within 10 proxy_answers && return
    kill -KILL "$proxy_pid" 2>/dev/null
  done
  return 1
}

stop_proxy ()
{
  kill -TERM "$proxy_pid"
  within 10 dead "$proxy_pid"
}

# put NAME VERSION CURL-OPTION...: publishes a tarball that is there; prints the
# version of HTTP and the status.
put ()
{
  package=$1
  version=$2
  shift 2
  proxied -T "$package-$version.tar.gz" -o put.out \
    -w '%{http_version} %{http_code}' \
    -H 'Content-Type: application/gzip' "$@" \
    "https://$host:$port/packages/$package/$version"
}

puts ()
{
  wanted=$1
  shift
  actual=$(put "$@")
  echo "answer $actual"
  cat put.out
  [ "$actual" = "$wanted" ]
}

# A client that reads a refusal while it still sends gives its stream up, and a
# proxy may then cut the reason short; but not always.
refuses_upload ()
{
  refused=1
  for try in 1 2 3 4 5; do
    if puts "2 $1" "$2" 9.0.0 -H "$other" -H 'Expect:' &&
       grep -q '"status": *'"$1" put.out; then
      refused=0
      break
    fi
  done
  return $refused
}

same_etag ()
{
  proxied -I "$1" >direct.txt &&
    etag=$(tr -d '\r' <direct.txt | sed -n 's/^[Ee][Tt][Aa][Gg]: //p') &&
    [ -n "$etag" ] && [ "${etag#W/}" = "$etag" ] &&
    [ "$(proxied -o /dev/null -w '%{http_code} %{size_download}' \
           -H "If-None-Match: $etag" "$1")" = "304 0" ]
}

downloads ()
{
  proxied -o "$1" "https://$host:$port/packages/large/1.0.0/download" &&
    cmp "$1" large-1.0.0.tar.gz
}

range ()
{
  proxied -r 1000-1999 "https://$host:$port/packages/large/1.0.0/download" \
    >range.out &&
    dd if=large-1.0.0.tar.gz bs=1000 skip=1 count=1 2>/dev/null |
    cmp - range.out
}

logged_requests ()
{
  grep -c -F -e "$2" "$1.log"
}

forged ()
{
  from=127.0.0.9
  proxied -o /dev/null -H 'Forwarded: for=203.0.113.7' \
    -H 'X-Forwarded-For: 203.0.113.8' "https://$host:$port/packages/$1"
  from=
  logged "$name" "127.0.0.9 \"GET /packages/$1\""
}

# try_proxy NAME: what is promised of each.
try_proxy ()
{
  check "$1: a registry starts" start "behind-$1" -c proxies.conf -s "store-$1"
  check "$1: the site is served" start_proxy "$1"
  site=https://$host:$port
  check "$1: lists come by HTTP/2" test \
    "$(proxied -o /dev/null -w '%{http_version} %{http_code}' \
         "$site/packages")" = "2 200"
  check "$1: a tarball of 5 MB is published" \
    puts "2 201" large 1.0.0 -H "$token"
  check "$1: it comes back" downloads once.out
  check "$1: and again" downloads twice.out
  check "$1: in parts as well" range
  check "$1: a list's ETag gives 304" same_etag "$site/packages/large"
  check "$1: a tarball's ETag gives 304" \
    same_etag "$site/packages/large/1.0.0/download"
  check "$1: what is published is there at once" sh -c '
    [ "$1" = "2 201" ]' sh "$(put large 1.0.1 -H "$token")"
  check "$1: in the list that was asked for before" \
    sh -c 'case $1 in *1.0.1*) ;; *) exit 1 ;; esac' sh \
    "$(proxied "$site/packages/large")"
  check "$1: an upload by somebody else is refused, with the reason" \
    refuses_upload 403 large
  check "$1: one that is too large as well" refuses_upload 413 huge
  check "$1: what a client claims to be is not believed" forged "forged-$1"
  check "$1: the proxy is told who asks" \
    sh -c '! grep -F 203.0.113 "$1.log"' sh "$name"
  check "$1: figures are not for everybody" test \
    "$(proxied -o /dev/null -w '%{http_code}' "$site/metrics")" -ge 400
}

for program_needed in curl openssl; do
  if ! has "$program_needed"; then
    echo "1..0 # SKIP needs $program_needed"
    exit 0
  fi
done
if ! curl --version | grep -q HTTP2; then
  echo "1..0 # SKIP needs a curl that speaks HTTP/2"
  exit 0
fi

cat >proxies.conf <<'END'
[registry]
max-tarball-size = 6 MiB
[http]
listen = 127.0.0.1:0
trusted-proxies = 127.0.0.1
END
check "a certificate is made" make_certificate
make_package large 1.0.0 5000000
make_package large 1.0.1
make_package large 9.0.0 5000000
make_package huge 9.0.0 8000000

if has nginx; then
  try_proxy nginx
  check "nginx: the second download came from its cache" test \
    "$(logged_requests behind-nginx '/packages/large/1.0.0/download"')" -eq 1
  check "nginx: a view of the past is the same twice" test \
    "$(proxied "$site/at/2/packages/large")" = \
    "$(proxied "$site/at/2/packages/large")"
  check "nginx: the second came from its cache" test \
    "$(logged_requests behind-nginx '/at/2/packages/large"')" -eq 1
  check "nginx: another coding has to be asked for" \
    sh -c 'case $1 in *1.0.0*) ;; *) exit 1 ;; esac' sh \
    "$(proxied --compressed "$site/at/2/packages/large")"
  check "nginx: a view of an age shows nothing so young" test \
    "$(proxied "$site/min-age/1h/packages")" = '[]'
  check "nginx: nor when it is asked again" test \
    "$(proxied "$site/min-age/1h/packages")" = '[]'
  check "nginx: for which the registry was asked each time" test \
    "$(logged_requests behind-nginx '/min-age/1h/packages"')" -eq 2
  check "nginx: plain HTTP leads to HTTPS" test \
    "$(get -o /dev/null -w '%{http_code}' \
         "http://127.0.0.1:$((port + 1))/packages")" = 308
  check "nginx: it stops" stop_proxy
  check "nginx: so does the registry" stop TERM 0
  check "nginx: nothing went wrong in the registry" quiet behind-nginx
else
  skip "the site for nginx" "needs nginx"
fi

if has caddy; then
  try_proxy caddy
  check "caddy: it stops" stop_proxy
  check "caddy: so does the registry" stop TERM 0
  check "caddy: nothing went wrong in the registry" quiet behind-caddy
else
  skip "the site for Caddy" "needs caddy"
fi

finish
