#!/bin/sh
# Builds the emulator's library if g++ and make are there; what else a build needs does not wait for them. One at a time,
# since several test projects ask for it.
cd "$(dirname "$0")" || exit 1
if ! command -v g++ >/dev/null || ! command -v make >/dev/null; then
    echo "No g++ or make: tests on emulated CUDA will be skipped."
    exit 0
fi
mkdir -p ../../artifacts/emulator
exec flock ../../artifacts/emulator/.lock make -s -j"$(nproc)" "$@"
