#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# The examples for Prometheus and Grafana ask for figures that there are.

. "$G_TEST_SRCDIR/system/lib.sh"

examples=$installed$LOFT_TEST_DOCDIR/examples
rules=$examples/loft-registry.rules.yml
dashboard=$examples/loft-registry.json

# What the pattern finds, each once.
names_in ()
{
  grep -o -h -E '\<(loft|process)_[a-z_]+\>' "$@" | sort -u
}

only_known ()
{
  names_in "$1" >asked.txt
  test -s asked.txt && ! comm -23 asked.txt known.txt | grep .
}

# python_has MODULE
python_has ()
{
  python3 -c "import $1" 2>/dev/null
}

# parses MODULE FUNCTION FILE: Python reads it as what has content.
parses ()
{
  python3 -c 'import importlib, sys
read = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
with open(sys.argv[3], encoding="utf-8") as file:
    assert read(file)' "$@"
}

check "a server starts" start server --listen 127.0.0.1:0 --storage packages
check "a package is published" publishes 201 hello 1.0.0
check "it is read" answers 200 "$url/packages/hello"
get "$url/metrics" | sed -n 's/^\([a-z_]*\)[{ ].*/\1/p' | sort -u >known.txt

check "the figures are there" grep -q -x loft_build_info known.txt
check "every alert is about a figure" only_known "$rules"
check "every panel shows a figure" only_known "$dashboard"

if python_has json; then
  check "the dashboard is JSON" parses json load "$dashboard"
else
  skip "the dashboard is JSON" "needs python3"
fi
if python_has yaml; then
  check "the rules are YAML" parses yaml safe_load "$rules"
else
  skip "the rules are YAML" "needs python3 with PyYAML"
fi
if command -v promtool >/dev/null; then
  check "Prometheus takes the rules" promtool check rules "$rules"
else
  skip "Prometheus takes the rules" "needs promtool"
fi

check "the server stops" stop TERM 0

finish
