# What the scripts of this folder share. Sourced, never run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
[[ $target = /* ]] || target=$root/$target
# shellcheck disable=SC2034  # for paths that were given on the command line
called_from=$PWD
cd "$root" || exit

say() { printf '%s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# The comment at the head of the calling script is its help.
usage() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"; }

# What the files below these paths hold, as one line; names count, times don't.
fingerprint() {
    local -a paths=()
    local path
    for path in "$@"; do [[ ! -e $path ]] || paths+=("$path"); done
    # Without a path, find would take the whole folder.
    [[ ${#paths[@]} -gt 0 ]] || return 0
    find "${paths[@]}" -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum | sha256sum | cut -d' ' -f1
}

# Builds ui/dist, unless it is what these sources gave the last time.
build_ui() {
    local stamp=ui/node_modules/.daybook-built
    # ui/src/paraglide is made by the build itself.
    local -a sources=()
    mapfile -d '' -t sources < <(find ui -mindepth 1 -maxdepth 1 ! -name node_modules ! -name dist ! -name src -print0
        find ui/src -mindepth 1 -maxdepth 1 ! -name paraglide -print0)
    local made_from
    made_from=$(fingerprint "${sources[@]}")
    if [[ -f ui/dist/index.html && -f $stamp && $(<"$stamp") == "$made_from $(fingerprint ui/dist)" ]]; then
        say "The UI hasn't changed."
        return
    fi
    say "Building the UI."
    npm --prefix ui run --silent build -- --logLevel error
    printf '%s %s\n' "$made_from" "$(fingerprint ui/dist)" >"$stamp"
}
