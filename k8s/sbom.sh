#!/usr/bin/env bash
# Prints what the binary is built from as CycloneDX: the libraries that are linked in, with version and licence; those of tests
# and builds are left out. It needs cargo and jq.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=$(cargo pkgid --package guichet | sed 's/.*[#@]//')
cargo tree --locked --package guichet --edges normal --prefix none --format '{p}|{l}' | sed 's/ (\*)//' | sort --unique |
    jq --raw-input --null-input --arg version "$version" '
        def library: capture("^(?<name>[^ ]+) v(?<version>[^ |]+)(?<origin>[^|]*)\\|(?<licence>.*)$");
        {
            bomFormat: "CycloneDX",
            specVersion: "1.5",
            version: 1,
            metadata: {component: {type: "application", name: "guichet", version: $version}},
            components: [inputs | library | select(.origin == "" or .origin == " (proc-macro)") | {
                type: "library",
                name: .name,
                version: .version,
                purl: "pkg:cargo/\(.name)@\(.version)",
                licenses: (if .licence == "" then [] else [{expression: (.licence | gsub("/"; " OR "))}] end)
            }]
        }'
