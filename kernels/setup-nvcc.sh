#!/usr/bin/env bash
# Puts CUDA 12.4's compiler, its disassemblers, headers and compute-sanitizer into a folder of its own, from the packages of
# Debian 13: on a Debian of any version, without root, with nothing installed on the machine. A finished folder is left
# as it is.
#
#   kernels/setup-nvcc.sh FOLDER        then: CUDA_PATH=FOLDER dotnet build
#
# CUDA_MIRROR names a Debian mirror; without it the first one in apt's own sources is taken.
set -euo pipefail
folder=$(realpath -m "${1:?a folder for the compiler is missing: kernels/setup-nvcc.sh FOLDER}")
[ ! -e "$folder/.ready" ] || exit 0

mirror=${CUDA_MIRROR:-$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 | tr -d ' ')} || true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial"
echo "deb ${mirror:-http://deb.debian.org/debian} trixie main contrib non-free" > "$work/sources"
cd "$work"
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$work/sources" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::Lists=$work/lists"
     -o "Dir::Cache::pkgcache=$work/pkgcache" -o "Dir::Cache::srcpkgcache=$work/srcpkgcache" -o APT::Sandbox::User=)
"${apt[@]}" update
"${apt[@]}" download nvidia-cuda-toolkit nvidia-cuda-dev libcu++-dev

# Of the two large packages only the headers; the rest is libraries.
for package in nvidia-cuda-dev_*.deb 'libcu++-dev'_*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x --wildcards './usr/include/*'
done
dpkg -x nvidia-cuda-toolkit_*.deb .

rm -rf "$folder"
mkdir -p "$folder/bin"
tools=usr/lib/nvidia-cuda-toolkit
cp -r $tools/bin/{nvcc,cicc,crt} usr/bin/{ptxas,cudafe++,fatbinary,nvlink,cuobjdump,nvdisasm} "$folder/bin"
cp -r $tools/{libdevice,compute-sanitizer} usr/include "$folder"

# Relative to where nvcc itself is, so that the folder can be moved and nvcc called by its path alone.
cat > "$folder/bin/nvcc.profile" <<'PROFILE'
TOP = $(_HERE_)/..
NVVMIR_LIBRARY_DIR = $(TOP)/libdevice
PATH += $(_HERE_):
INCLUDES += "-I$(TOP)/include"
PROFILE

cat > probe.cu <<'CODE'
#include <cuda_bf16.h>
extern "C" __global__ void probe(__nv_bfloat16* x) { x[0] = __float2bfloat16(1); asm volatile("wgmma.fence.sync.aligned;"); }
CODE
"$folder/bin/nvcc" -gencode arch=compute_90a,code=compute_90a -ptx probe.cu -o probe.ptx
"$folder/bin/ptxas" -arch=sm_90a probe.ptx -o probe.cubin
touch "$folder/.ready"
echo "nvcc is in $folder/bin"
