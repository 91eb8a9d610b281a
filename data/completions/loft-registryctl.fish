# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Completion for fish. The commands and options are those that --help tells of.

function __loft_registryctl_help
    env LC_ALL=C loft-registryctl $argv --help 2>/dev/null
end

function __loft_registryctl_commands
    __loft_registryctl_help |
        sed -n '/^Commands:/,/^$/s/^  \([a-z-]\{1,\}\)  *\(.*\)/\1\t\2/p'
end

# The command that is on the line, if there is one already.
function __loft_registryctl_command
    set -l commands (__loft_registryctl_commands | string replace -r '\t.*' '')
    for word in (commandline -opc)[2..-1]
        if contains -- $word $commands
            echo $word
            return
        end
    end
    return 1
end

function __loft_registryctl_options
    __loft_registryctl_help (__loft_registryctl_command) |
        sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\)[^ ]*  *\(.*\)/\2\t\3/p'
end

function __loft_registryctl_is
    contains -- (__loft_registryctl_command; or echo none) $argv
end

# The first column of a table.
function __loft_registryctl_column
    set -l bus (string match -r -- '^--(?:user|system|address=.*)$' \
        (commandline -opc))
    loft-registryctl $bus $argv 2>/dev/null | sed '1d;s/ .*//'
end

function __loft_registryctl_follows
    test (commandline -opc)[-1] = $argv[1]
end

complete -c loft-registryctl -n 'string match -q -- "-*" (commandline -ct)' \
    -f -a '(__loft_registryctl_options)'
complete -c loft-registryctl -n '__loft_registryctl_is none' \
    -f -a '(__loft_registryctl_commands)'
complete -c loft-registryctl \
    -n '__loft_registryctl_is show deprecate docs owners verify yank unyank' \
    -f -a '(__loft_registryctl_column packages -n 1000)'
complete -c loft-registryctl \
    -n '__loft_registryctl_is migrate; and __loft_registryctl_follows --verify' \
    -f -a 'sizes written all'
for option in --type -t
    complete -c loft-registryctl \
        -n "__loft_registryctl_is logs; and __loft_registryctl_follows $option" \
        -f -a 'publish adopt claim yank unyank deprecate owners token-create token-revoke administer docs'
end
for option in --scope -s
    complete -c loft-registryctl \
        -n "__loft_registryctl_is token; and __loft_registryctl_follows $option" \
        -f -a 'publish-new publish-update yank owners admin'
end
complete -c loft-registryctl \
    -n '__loft_registryctl_is token; and __loft_registryctl_follows token' \
    -f -a 'create list revoke'
complete -c loft-registryctl \
    -n '__loft_registryctl_is token; and __loft_registryctl_follows revoke; and test (id -u) = 0' \
    -f -a '(__loft_registryctl_column token list)'
complete -c loft-registryctl -n '__loft_registryctl_is token' -f
