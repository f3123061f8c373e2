// What a tap's own kernel can look like: x += strength direction, in every row. A block takes a row, neighbouring threads
// take neighbouring elements, so that a warp reads one run of memory.
//
//     nvcc -arch=sm_80 -ptx steer.cu          for CudaDevice.LoadKernel("steer", ptx)
//
// or list it in manifest.props, which builds it into the program, and the tests' build into the emulator: then the name
// alone finds it.
#include "../include/device.cuh"

struct SteerArguments {
    float* x;
    const float* direction;
    int64_t stride;  // Tensor.RowStride of x
    int width;
    float strength;
};

WEIR_KERNEL(steer, SteerArguments, 256) {
    float* x = a.x + blockIdx.x * a.stride;
    for (int i = static_cast<int>(threadIdx.x); i < a.width; i += static_cast<int>(blockDim.x)) {
        x[i] += a.strength * a.direction[i];
    }
}
