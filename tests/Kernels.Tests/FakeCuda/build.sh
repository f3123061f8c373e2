#!/bin/sh
# Builds the library that stands in for libcuda in tests. It is compiled against NVIDIA's own cuda.h, so that every
# signature and number in it is theirs; without the header or g++ the tests that need it are skipped.
cd "$(dirname "$0")" || exit 1
nvcc=$(command -v nvcc)
for toolkit in "$CUDA_PATH" "${nvcc%/bin/nvcc}" /usr/local/cuda; do
    if [ -n "$toolkit" ] && [ -f "$toolkit/include/cuda.h" ]; then
        include=$toolkit/include
        break
    fi
done
if [ -z "$include" ] || ! command -v g++ >/dev/null; then
    echo "No cuda.h or no g++: tests of the driver's calls will be skipped."
    exit 0
fi
out=../../../artifacts/fake_cuda
mkdir -p $out
[ $out/libfake_cuda.so -nt fake_cuda.cpp ] && exit 0
g++ -std=c++17 -O1 -g -fPIC -shared -Wall -Wextra -Werror -isystem "$include" fake_cuda.cpp -o $out/libfake_cuda.so.$$ -ldl &&
    mv $out/libfake_cuda.so.$$ $out/libfake_cuda.so
