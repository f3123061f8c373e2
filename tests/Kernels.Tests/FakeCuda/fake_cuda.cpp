// Stands in for libcuda: device memory is the host's, work of the stream waits until somebody waits for it, every call is
// logged and can be made to fail, and what a real driver refuses (no context, a freed handle, too much shared memory,
// allocating while a graph is recorded) is refused. Kernels are found in the PTX and run by the emulator's library.
#include <cuda.h>

#include <dlfcn.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

struct Entry { std::string name; size_t argument_bytes; int dynamic_bytes; };
struct Event { size_t work; };
struct Graph { std::vector<std::function<void()>> work; };

constexpr int kSharedPerBlock = 49152, kSharedOptIn = 232448, kEmulatorError = 719;
constexpr size_t kMemory = size_t{1} << 30;

// What tests set.
std::string fail_call, jit_log;
int fail_result, fail_skip, sticky_result, devices = 2, capability = 90, pools = 1;

// What the driver holds.
std::string calls, last_map;
std::set<void*> memory, host_memory, contexts, streams, events, graphs, executables, modules, functions;
std::map<void*, size_t> sizes;
size_t used;
std::vector<std::function<void()>> stream;
size_t done;
Graph* recording;
thread_local CUcontext current;

void* emulator;
int (*emulator_launch)(int, const void*, int64_t, const unsigned*, const unsigned*, int64_t, uint64_t, char*, int);

void note(const char* format, ...) {
    char line[512];
    va_list list;
    va_start(list, format);
    std::vsnprintf(line, sizeof line, format, list);
    va_end(list);
    calls += line;
    calls += '\n';
}

CUresult begin(const char* call) {
    if (sticky_result) {
        return static_cast<CUresult>(sticky_result);
    }
    if (fail_call == call && fail_skip-- == 0) {
        fail_call.clear();
        return static_cast<CUresult>(fail_result);
    }
    return CUDA_SUCCESS;
}

void run_to(size_t end) {
    for (; done < end; done++) {
        stream[done]();
    }
}

CUresult queue(std::function<void()> work) {
    (recording ? recording->work : stream).push_back(std::move(work));
    return CUDA_SUCCESS;
}

int kernel_index(const std::string& name) {
    auto count = reinterpret_cast<int (*)()>(dlsym(emulator, "weir_emulator_kernels"))();
    auto kernel = reinterpret_cast<const char* (*)(int)>(dlsym(emulator, "weir_emulator_kernel"));
    for (int i = 0; i < count; i++) {
        if (name == kernel(i)) {
            return i;
        }
    }
    return -1;
}

}  // namespace

// cuda.h renames the functions to what the library exports, and __func__ follows.
#define BEGIN()                                              \
    if (CUresult failed = begin(__func__)) { return failed; }
#define BEGIN_IN_CONTEXT()                                   \
    BEGIN()                                                  \
    if (!current) { return CUDA_ERROR_INVALID_CONTEXT; }
#define NOT_WHILE_RECORDING()                                \
    if (recording) { return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED; }
#define KNOWN(set, handle)                                   \
    if (!set.count(reinterpret_cast<void*>(handle))) { return CUDA_ERROR_INVALID_HANDLE; }

extern "C" {

// --- for tests

void fake_reset() {
    calls.clear();
    fail_call.clear();
    jit_log.clear();
    sticky_result = 0;
    devices = 2;
    capability = 90;
    pools = 1;
    stream.clear();
    done = 0;
    recording = nullptr;
    for (auto* set : {&memory, &host_memory, &contexts, &streams, &events, &graphs, &executables, &modules, &functions}) {
        set->clear();
    }
    used = 0;
}

// The call fails with a result after it has been well so many times.
void fake_fail(const char* call, int result, int skip) { fail_call = call; fail_result = result; fail_skip = skip; }
// Every call fails from here on, as after a kernel's fault.
void fake_break(int result) { sticky_result = result; }
void fake_set(int device_count, int compute_capability, int has_pools) { devices = device_count; capability = compute_capability; pools = has_pools; }
void fake_jit_log(const char* text) { jit_log = text; }
int fake_emulator(const char* path) {
    emulator = dlopen(path, RTLD_NOW);
    emulator_launch = emulator ? reinterpret_cast<decltype(emulator_launch)>(dlsym(emulator, "weir_emulator_launch")) : nullptr;
    return emulator_launch != nullptr;
}
const char* fake_calls() { return calls.c_str(); }
const char* fake_live() {
    static char text[256];
    std::snprintf(text, sizeof text, "%zu memory, %zu host, %zu contexts, %zu streams, %zu events, %zu modules, %zu graphs", memory.size(), host_memory.size(),
                  contexts.size(), streams.size(), events.size(), modules.size(), graphs.size() + executables.size());
    return text;
}

// --- the driver

CUresult cuInit(unsigned int flags) { BEGIN() return flags == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE; }
CUresult cuDriverGetVersion(int* version) { BEGIN() *version = 13000; return CUDA_SUCCESS; }

CUresult cuGetErrorName(CUresult error, const char** text) {
    switch (error) {
        case CUDA_ERROR_INVALID_VALUE: *text = "CUDA_ERROR_INVALID_VALUE"; return CUDA_SUCCESS;
        case CUDA_ERROR_OUT_OF_MEMORY: *text = "CUDA_ERROR_OUT_OF_MEMORY"; return CUDA_SUCCESS;
        case CUDA_ERROR_NO_DEVICE: *text = "CUDA_ERROR_NO_DEVICE"; return CUDA_SUCCESS;
        case CUDA_ERROR_INVALID_PTX: *text = "CUDA_ERROR_INVALID_PTX"; return CUDA_SUCCESS;
        case CUDA_ERROR_UNSUPPORTED_PTX_VERSION: *text = "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"; return CUDA_SUCCESS;
        case CUDA_ERROR_NOT_FOUND: *text = "CUDA_ERROR_NOT_FOUND"; return CUDA_SUCCESS;
        case CUDA_ERROR_ILLEGAL_ADDRESS: *text = "CUDA_ERROR_ILLEGAL_ADDRESS"; return CUDA_SUCCESS;
        default: *text = nullptr; return CUDA_ERROR_INVALID_VALUE;
    }
}
CUresult cuGetErrorString(CUresult error, const char** text) {
    const char* name;
    if (cuGetErrorName(error, &name) != CUDA_SUCCESS) {
        *text = nullptr;
        return CUDA_ERROR_INVALID_VALUE;
    }
    *text = "text of the error";
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int* count) { BEGIN() *count = devices; return CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice* device, int ordinal) {
    BEGIN()
    *device = 70 + ordinal;
    return ordinal < devices ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}
CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
    BEGIN()
    std::snprintf(name, static_cast<size_t>(length), "Fake GPU %d", device - 70);
    return CUDA_SUCCESS;
}
CUresult cuDeviceTotalMem(size_t* bytes, CUdevice) { BEGIN() *bytes = kMemory; return CUDA_SUCCESS; }
CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
    BEGIN()
    switch (attribute) {
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = capability / 10; break;
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = capability % 10; break;
        case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *value = 3; break;
        case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE: *value = 5 << 20; break;
        case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR: *value = 1536; break;
        case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN: *value = kSharedOptIn; break;
        case CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED: *value = pools; break;
        default: return CUDA_ERROR_INVALID_VALUE;
    }
    return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
    BEGIN()
    *context = reinterpret_cast<CUcontext>(static_cast<intptr_t>(0x1000 + device));
    contexts.insert(*context);
    return CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRelease(CUdevice device) {
    BEGIN()
    return contexts.erase(reinterpret_cast<void*>(static_cast<intptr_t>(0x1000 + device))) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}
CUresult cuCtxSetCurrent(CUcontext context) {
    BEGIN()
    KNOWN(contexts, context)
    current = context;
    return CUDA_SUCCESS;
}

CUresult cuMemGetInfo(size_t* free, size_t* total) {
    BEGIN_IN_CONTEXT()
    *total = kMemory;
    *free = kMemory - used;
    return CUDA_SUCCESS;
}
static CUresult allocate(CUdeviceptr* address, size_t bytes) {
    NOT_WHILE_RECORDING()
    if (bytes == 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (bytes > kMemory - used) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    void* room = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    std::memset(room, 0xff, bytes);
    memory.insert(room);
    sizes[room] = bytes;
    used += bytes;
    *address = reinterpret_cast<CUdeviceptr>(room);
    return CUDA_SUCCESS;
}
static CUresult release(CUdeviceptr address) {
    auto* room = reinterpret_cast<void*>(address);
    KNOWN(memory, room)
    memory.erase(room);
    used -= sizes[room];
    std::free(room);
    return CUDA_SUCCESS;
}
CUresult cuMemAlloc(CUdeviceptr* address, size_t bytes) {
    BEGIN_IN_CONTEXT()
    note("%s %zu", __func__, bytes);
    return allocate(address, bytes);
}
CUresult cuMemFree(CUdeviceptr address) {
    BEGIN_IN_CONTEXT()
    note("%s", __func__);
    run_to(stream.size());
    return release(address);
}
CUresult cuMemAllocAsync(CUdeviceptr* address, size_t bytes, CUstream s) {
    BEGIN_IN_CONTEXT()
    KNOWN(streams, s)
    note("%s %zu", __func__, bytes);
    return allocate(address, bytes);
}
CUresult cuMemFreeAsync(CUdeviceptr address, CUstream s) {
    BEGIN_IN_CONTEXT()
    KNOWN(streams, s)
    KNOWN(memory, address)
    NOT_WHILE_RECORDING()
    note("%s", __func__);
    return queue([=] { release(address); });
}
CUresult cuDeviceGetDefaultMemPool(CUmemoryPool* pool, CUdevice) { BEGIN() *pool = reinterpret_cast<CUmemoryPool>(&pools); return CUDA_SUCCESS; }
CUresult cuMemPoolSetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute, void* value) {
    BEGIN()
    bool all = attribute == CU_MEMPOOL_ATTR_RELEASE_THRESHOLD && *static_cast<cuuint64_t*>(value) == ~cuuint64_t{0};
    return all && pool == reinterpret_cast<CUmemoryPool>(&pools) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuMemPoolGetAttribute(CUmemoryPool, CUmemPool_attribute attribute, void* value) {
    BEGIN()
    // The pool keeps 1,000 bytes that nobody uses.
    switch (attribute) {
        case CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT: *static_cast<cuuint64_t*>(value) = used + 1000; return CUDA_SUCCESS;
        case CU_MEMPOOL_ATTR_USED_MEM_CURRENT: *static_cast<cuuint64_t*>(value) = used; return CUDA_SUCCESS;
        default: return CUDA_ERROR_INVALID_VALUE;
    }
}
CUresult cuMemHostAlloc(void** host, size_t bytes, unsigned int flags) {
    BEGIN_IN_CONTEXT()
    NOT_WHILE_RECORDING()
    *host = std::malloc(bytes + 16);
    std::memcpy(*host, &flags, sizeof flags);  // Read by cuMemHostGetDevicePointer alone, before anybody writes.
    host_memory.insert(*host);
    return CUDA_SUCCESS;
}
CUresult cuMemFreeHost(void* host) {
    BEGIN_IN_CONTEXT()
    KNOWN(host_memory, host)
    run_to(stream.size());
    host_memory.erase(host);
    std::free(host);
    return CUDA_SUCCESS;
}
CUresult cuMemHostGetDevicePointer(CUdeviceptr* address, void* host, unsigned int flags) {
    BEGIN_IN_CONTEXT()
    KNOWN(host_memory, host)
    unsigned mapped;
    std::memcpy(&mapped, host, sizeof mapped);
    *address = reinterpret_cast<CUdeviceptr>(host);
    return flags == 0 && mapped & CU_MEMHOSTALLOC_DEVICEMAP ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void* from, size_t bytes, CUstream s) {
    BEGIN_IN_CONTEXT()
    KNOWN(streams, s)
    note("%s %zu", __func__, bytes);
    return queue([=] { std::memcpy(reinterpret_cast<void*>(to), from, bytes); });
}
CUresult cuMemcpyDtoHAsync(void* to, CUdeviceptr from, size_t bytes, CUstream s) {
    BEGIN_IN_CONTEXT()
    KNOWN(streams, s)
    note("%s %zu", __func__, bytes);
    return queue([=] { std::memcpy(to, reinterpret_cast<void*>(from), bytes); });
}
CUresult cuMemcpyDtoDAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream s) {
    BEGIN_IN_CONTEXT()
    KNOWN(streams, s)
    note("%s %zu", __func__, bytes);
    return queue([=] { std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<void*>(from), bytes); });
}
CUresult cuMemcpy2DAsync(const CUDA_MEMCPY2D* given, CUstream s) {
    BEGIN_IN_CONTEXT()
    KNOWN(streams, s)
    CUDA_MEMCPY2D c = *given;
    note("%s %zu x %zu", __func__, c.Height, c.WidthInBytes);
    if (c.srcMemoryType != CU_MEMORYTYPE_DEVICE || c.dstMemoryType != CU_MEMORYTYPE_HOST || c.srcXInBytes || c.srcY || c.dstXInBytes || c.dstY ||
        c.srcHost || c.srcArray || c.dstDevice || c.dstArray || c.srcPitch < c.WidthInBytes || c.dstPitch < c.WidthInBytes) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    return queue([=] {
        for (size_t row = 0; row < c.Height; row++) {
            std::memcpy(static_cast<char*>(c.dstHost) + row * c.dstPitch, reinterpret_cast<char*>(c.srcDevice) + row * c.srcPitch, c.WidthInBytes);
        }
    });
}
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t bytes, CUstream s) {
    BEGIN_IN_CONTEXT()
    KNOWN(streams, s)
    return queue([=] { std::memset(reinterpret_cast<void*>(to), value, bytes); });
}

CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned int count, CUjit_option* options, void** values) {
    std::map<CUjit_option, void*> given;
    for (unsigned i = 0; i < count; i++) {
        given[options[i]] = values[i];
    }
    auto size = reinterpret_cast<size_t>(given[CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES]);
    if (given[CU_JIT_ERROR_LOG_BUFFER] && !jit_log.empty()) {
        std::snprintf(static_cast<char*>(given[CU_JIT_ERROR_LOG_BUFFER]), size, "%s", jit_log.c_str());
    }
    if (given[CU_JIT_INFO_LOG_BUFFER]) {
        std::snprintf(static_cast<char*>(given[CU_JIT_INFO_LOG_BUFFER]), reinterpret_cast<size_t>(given[CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES]), "info");
    }
    BEGIN_IN_CONTEXT()
    note("%s", __func__);
    *module = reinterpret_cast<CUmodule>(new std::string(static_cast<const char*>(image)));
    modules.insert(*module);
    return CUDA_SUCCESS;
}
CUresult cuModuleUnload(CUmodule module) {
    BEGIN_IN_CONTEXT()
    KNOWN(modules, module)
    modules.erase(module);
    delete reinterpret_cast<std::string*>(module);
    return CUDA_SUCCESS;
}
CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
    BEGIN_IN_CONTEXT()
    KNOWN(modules, module)
    auto& ptx = *reinterpret_cast<std::string*>(module);
    size_t at = ptx.find(std::string(".entry ") + name + "(");
    if (at == std::string::npos) {
        return CUDA_ERROR_NOT_FOUND;
    }
    // A line "// runs NAME" of the PTX says which of the emulator's kernels it stands for, if not the one of its own name.
    std::string runs = name;
    if (size_t line = ptx.find("// runs "); line != std::string::npos) {
        runs = ptx.substr(line + 8, ptx.find('\n', line) - line - 8);
    }
    // .param .align 8 .b8 name_param_0[96]
    size_t bytes = 0;
    std::sscanf(ptx.c_str() + ptx.find('[', at), "[%zu]", &bytes);
    *function = reinterpret_cast<CUfunction>(new Entry{runs, bytes, kSharedPerBlock});
    functions.insert(*function);
    return CUDA_SUCCESS;
}
CUresult cuFuncGetAttribute(int* value, CUfunction_attribute attribute, CUfunction function) {
    BEGIN_IN_CONTEXT()
    KNOWN(functions, function)
    switch (attribute) {
        case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES: *value = 128; break;
        case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES: *value = 16; break;
        case CU_FUNC_ATTRIBUTE_NUM_REGS: *value = 40; break;
        case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES: *value = reinterpret_cast<Entry*>(function)->dynamic_bytes; break;
        default: return CUDA_ERROR_INVALID_VALUE;
    }
    return CUDA_SUCCESS;
}
CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value) {
    BEGIN_IN_CONTEXT()
    KNOWN(functions, function)
    note("%s %d %d", __func__, attribute, value);
    if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES || value > kSharedOptIn) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    reinterpret_cast<Entry*>(function)->dynamic_bytes = value;
    return CUDA_SUCCESS;
}
CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int threads, size_t shared) {
    BEGIN_IN_CONTEXT()
    KNOWN(functions, function)
    *blocks = 1536 / threads;
    return shared <= static_cast<size_t>(reinterpret_cast<Entry*>(function)->dynamic_bytes) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuLaunchKernel(CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, CUstream s,
                        void** parameters, void** extra) {
    BEGIN_IN_CONTEXT()
    KNOWN(functions, function)
    KNOWN(streams, s)
    auto& entry = *reinterpret_cast<Entry*>(function);
    note("%s %s %u,%u,%u %u,%u,%u %u", __func__, entry.name.c_str(), gx, gy, gz, bx, by, bz, shared);
    if (extra || !parameters || gx == 0 || gy == 0 || gz == 0 || bx * by * bz > 1024 || shared > static_cast<unsigned>(entry.dynamic_bytes)) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    std::vector<char> arguments(static_cast<char*>(parameters[0]), static_cast<char*>(parameters[0]) + entry.argument_bytes);
    return queue([=] {
        unsigned grid[] = {gx, gy, gz}, block[] = {bx, by, bz};
        char error[256];
        if (!emulator_launch || emulator_launch(kernel_index(entry.name), arguments.data(), static_cast<int64_t>(arguments.size()), grid, block, shared, 1, error, sizeof error)) {
            sticky_result = kEmulatorError;
        }
    });
}

CUresult cuStreamCreate(CUstream* s, unsigned int flags) {
    BEGIN_IN_CONTEXT()
    *s = reinterpret_cast<CUstream>(new char);
    streams.insert(*s);
    return flags == CU_STREAM_NON_BLOCKING ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuStreamDestroy(CUstream s) {
    BEGIN_IN_CONTEXT()
    KNOWN(streams, s)
    run_to(stream.size());
    streams.erase(s);
    return CUDA_SUCCESS;
}
CUresult cuStreamSynchronize(CUstream s) {
    BEGIN_IN_CONTEXT()
    KNOWN(streams, s)
    NOT_WHILE_RECORDING()
    run_to(stream.size());
    return static_cast<CUresult>(sticky_result);
}
CUresult cuEventCreate(CUevent* event, unsigned int flags) {
    BEGIN_IN_CONTEXT()
    *event = reinterpret_cast<CUevent>(new Event{0});
    events.insert(*event);
    return (flags & ~static_cast<unsigned>(CU_EVENT_DISABLE_TIMING)) == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuEventDestroy(CUevent event) {
    BEGIN_IN_CONTEXT()
    KNOWN(events, event)
    events.erase(event);
    return CUDA_SUCCESS;
}
CUresult cuEventRecord(CUevent event, CUstream s) {
    BEGIN_IN_CONTEXT()
    KNOWN(events, event)
    KNOWN(streams, s)
    reinterpret_cast<Event*>(event)->work = stream.size();
    return CUDA_SUCCESS;
}
CUresult cuEventSynchronize(CUevent event) {
    BEGIN_IN_CONTEXT()
    KNOWN(events, event)
    note("%s", __func__);
    run_to(reinterpret_cast<Event*>(event)->work);
    return static_cast<CUresult>(sticky_result);
}
CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
    BEGIN_IN_CONTEXT()
    KNOWN(events, start)
    KNOWN(events, end)
    // A millisecond for each piece of work between the two.
    *milliseconds = static_cast<float>(reinterpret_cast<Event*>(end)->work) - static_cast<float>(reinterpret_cast<Event*>(start)->work);
    return done >= reinterpret_cast<Event*>(end)->work ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

CUresult cuStreamBeginCapture(CUstream s, CUstreamCaptureMode mode) {
    BEGIN_IN_CONTEXT()
    KNOWN(streams, s)
    note("%s %d", __func__, mode);
    recording = new Graph;
    graphs.insert(recording);
    return CUDA_SUCCESS;
}
CUresult cuStreamEndCapture(CUstream s, CUgraph* graph) {
    BEGIN_IN_CONTEXT()
    KNOWN(streams, s)
    *graph = reinterpret_cast<CUgraph>(recording);
    recording = nullptr;
    return *graph ? CUDA_SUCCESS : CUDA_ERROR_ILLEGAL_STATE;
}
CUresult cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long flags) {
    BEGIN_IN_CONTEXT()
    KNOWN(graphs, graph)
    *executable = reinterpret_cast<CUgraphExec>(new Graph(*reinterpret_cast<Graph*>(graph)));
    executables.insert(*executable);
    return flags == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
CUresult cuGraphLaunch(CUgraphExec executable, CUstream s) {
    BEGIN_IN_CONTEXT()
    KNOWN(executables, executable)
    KNOWN(streams, s)
    for (auto& work : reinterpret_cast<Graph*>(executable)->work) {
        queue(work);
    }
    return CUDA_SUCCESS;
}
CUresult cuGraphExecDestroy(CUgraphExec executable) {
    BEGIN_IN_CONTEXT()
    KNOWN(executables, executable)
    executables.erase(executable);
    return CUDA_SUCCESS;
}
CUresult cuGraphDestroy(CUgraph graph) {
    BEGIN_IN_CONTEXT()
    KNOWN(graphs, graph)
    graphs.erase(graph);
    return CUDA_SUCCESS;
}

CUresult cuTensorMapEncodeTiled(CUtensorMap* map, CUtensorMapDataType type, cuuint32_t rank, void* address, const cuuint64_t* sizes, const cuuint64_t* strides,
                                const cuuint32_t* box, const cuuint32_t* steps, CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle,
                                CUtensorMapL2promotion promotion, CUtensorMapFloatOOBfill fill) {
    BEGIN()
    if (reinterpret_cast<uintptr_t>(map) % 64 || rank != 2 || reinterpret_cast<uintptr_t>(address) % 16 || strides[0] % 16) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    note("%s type %d, sizes %llu %llu, stride %llu, box %u %u, steps %u %u, interleave %d, swizzle %d, promotion %d, fill %d", __func__, type,
         static_cast<unsigned long long>(sizes[0]), static_cast<unsigned long long>(sizes[1]), static_cast<unsigned long long>(strides[0]), box[0], box[1], steps[0],
         steps[1], interleave, swizzle, promotion, fill);
    std::memset(map, 0x17, sizeof *map);
    std::memcpy(map, &address, sizeof address);
    return CUDA_SUCCESS;
}

}  // extern "C"
