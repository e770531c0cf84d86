# Functions shared by the scripts beside this file; sourced, never run.

fail() {
    echo "error: $*" >&2
    exit 1
}

# Prints the first interpreter that is new enough and can make virtual environments.
# Debian splits `ensurepip` off into python3-venv, so its presence is what has to be asked.
find_python() {
    local candidate
    for candidate in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

# What release builds gain from these is in Benchmarks/RESULTS.md; tests keep the checks of exclusive access.
release_flags=(-Xswiftc -enforce-exclusivity=unchecked)
if [[ "$(uname -s)" == Linux ]]; then
    release_flags+=(--static-swift-stdlib)
fi

# SwiftPM does not look for new files of a package that another depends on by path while both manifests are old.
renew_manifests() {
    touch Package.swift Benchmarks/Package.swift
}

# The folders with the modules of C targets, whose module maps are written by hand or generated.
c_modules() { # <folder with products>
    find .build/checkouts -path '*/include/module.modulemap' -exec dirname {} +
    find "$1" -maxdepth 2 -path '*.build/module.modulemap' -exec dirname {} +
    find Sources -name module.modulemap -exec dirname {} +
}

# Sets `modules` to the compiler's options for finding all that a debug build has made.
find_modules() {
    local products folder
    products=$(swift build --show-bin-path)
    modules=(-I "$products/Modules")
    while read -r folder; do
        modules+=(-I "$folder")
    done < <(c_modules "$products")
}
