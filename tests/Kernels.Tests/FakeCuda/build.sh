#!/bin/sh
# Builds the libraries that stand in for NVIDIA's in tests. They are compiled against NVIDIA's own headers, so that every
# signature and number in them is theirs; without the headers or g++ the tests that need them are skipped.
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
for name in cuda cublaslt; do
    [ $name = cuda ] || [ -f "$include/cublasLt.h" ] || continue
    [ $out/libfake_$name.so -nt fake_$name.cpp ] && continue
    g++ -std=c++17 -O2 -g -fPIC -shared -march=native -Wall -Wextra -Werror -isystem "$include" fake_$name.cpp -o $out/libfake_$name.so.$$ -ldl &&
        mv $out/libfake_$name.so.$$ $out/libfake_$name.so || exit 1
done
