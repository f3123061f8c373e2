#!/bin/sh
# Runs the kernel tests on emulated devices under AddressSanitizer: device buffers come from malloc and shared memory ends
# at its last byte, so the first wrong address ends the run. Wants tests/Kernels.Tests built for Release. Operands are
# those of xunit's runner, in place of the devices below: kernels/emulator/asan.sh -class Weir.Kernels.Tests.RmsNormTests
cd "$(dirname "$0")" || exit 1
./build.sh asan || exit 1
root=$(cd ../.. && pwd)
library="$root/artifacts/emulator/asan/libweir_emulated.so"
if [ ! -f "$library" ]; then
    exit 0
fi
finding=99

# .NET handles its own SIGSEGVs, and keeps what it has allocated to the end.
run() {
    ASAN_OPTIONS=detect_leaks=0:handle_segv=0:use_sigaltstack=0:exitcode=$finding WEIR_EMULATOR="$library" \
        LD_PRELOAD=$(g++ -print-file-name=libasan.so) dotnet exec "$root/tests/Kernels.Tests/bin/Release/net10.0/Weir.Kernels.Tests.dll" "$@"
}

# First a kernel that writes past its shared memory, to see that it is watched.
run -method Weir.Kernels.Tests.EmulatorTests.AnErrorSaysWhatIsWrongWithABlock >/dev/null 2>&1
if [ $? -ne $finding ]; then
    echo "AddressSanitizer has not seen a planted overrun." >&2
    exit 1
fi
if [ $# -eq 0 ]; then
    set -- -preEnumerateTheories -trait device=emulated-f32-1 -trait device=emulated-80-1 -trait device=emulated-90-1
fi
run "$@"
