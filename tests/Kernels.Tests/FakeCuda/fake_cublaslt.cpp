// Stands in for cuBLASLt: computes on the host what its descriptors say, column by column, and refuses what the library
// would: unknown handles, attributes of another size, an algorithm that was chosen for other operands or better aligned ones,
// too little workspace. Calls are logged and can be made to fail.
#include <cublasLt.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>
#include <string>

namespace {

constexpr size_t kWorkspace = size_t{1} << 20;

struct Layout { cudaDataType type; uint64_t rows, columns; int64_t stride; };
struct Description { cublasComputeType_t compute; cudaDataType scale; int32_t transpose_a, transpose_b; uint32_t epilogue; const float* bias; };
struct Preference { uint64_t workspace; uint32_t alignment[4]; };

// What an algorithm was chosen for, as its eight words.
struct Choice { uint64_t m, n, k, epilogue; uint32_t alignment[4]; uint64_t types, magic; };
static_assert(sizeof(Choice) == sizeof(cublasLtMatmulAlgo_t));
constexpr uint64_t kMagic = 0x5765697220426c61;

std::string calls, fail_call;
int fail_status, without_algorithm;
std::set<void*> handles;
std::map<void*, Layout*> layouts;
std::map<void*, Description*> descriptions;
std::map<void*, Preference*> preferences;

bool fails(const char* call, cublasStatus_t* status) {
    calls += std::string(call) + "\n";
    if (fail_call != call) {
        return false;
    }
    fail_call.clear();
    *status = static_cast<cublasStatus_t>(fail_status);
    return true;
}

#define ENTER(call)                 \
    cublasStatus_t failure;         \
    if (fails(#call, &failure)) {   \
        return failure;             \
    }

uint64_t types_of(const Layout& a, const Layout& b, const Layout& c, const Layout& d) {
    return static_cast<uint64_t>(a.type) | static_cast<uint64_t>(b.type) << 8 | static_cast<uint64_t>(c.type) << 16 | static_cast<uint64_t>(d.type) << 24;
}

bool supported(const Description& o, const Layout& a, const Layout& b, const Layout& c, const Layout& d) {
    bool operands = a.type == b.type && (a.type == CUDA_R_16BF || a.type == CUDA_R_16F || a.type == CUDA_R_32F);
    bool sums = o.compute == CUBLAS_COMPUTE_32F && o.scale == CUDA_R_32F && c.type == CUDA_R_32F && d.type == CUDA_R_32F;
    bool shapes = o.transpose_a == CUBLAS_OP_T && o.transpose_b == CUBLAS_OP_N && a.rows == b.rows && a.columns == d.rows && b.columns == d.columns
        && c.rows == d.rows && c.columns == d.columns;
    bool epilogue = o.epilogue == CUBLASLT_EPILOGUE_DEFAULT || (o.epilogue == CUBLASLT_EPILOGUE_BIAS && o.bias != nullptr);
    return operands && sums && shapes && epilogue;
}

float load(const void* p, cudaDataType type, uint64_t i) {
    if (type == CUDA_R_32F) {
        return static_cast<const float*>(p)[i];
    }
    uint16_t bits = static_cast<const uint16_t*>(p)[i];
    if (type == CUDA_R_16BF) {
        uint32_t word = static_cast<uint32_t>(bits) << 16;
        float x;
        std::memcpy(&x, &word, 4);
        return x;
    }
    int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    float x = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24)
        : exponent == 31 ? (mantissa ? NAN : INFINITY)
        : std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
    return bits & 0x8000 ? -x : x;
}

bool aligned(const void* p, uint32_t bytes) { return reinterpret_cast<uintptr_t>(p) % bytes == 0; }

}  // namespace

extern "C" {

void fake_lt_reset() {
    calls.clear();
    fail_call.clear();
    without_algorithm = 0;
}

void fake_lt_fail(const char* call, int status) {
    fail_call = call;
    fail_status = status;
}

void fake_lt_without_algorithm() { without_algorithm = 1; }

const char* fake_lt_calls() { return calls.c_str(); }

int fake_lt_live() { return static_cast<int>(handles.size() + layouts.size() + descriptions.size() + preferences.size()); }

const char* cublasLtGetStatusName(cublasStatus_t status) {
    return status == CUBLAS_STATUS_EXECUTION_FAILED ? "CUBLAS_STATUS_EXECUTION_FAILED" : "CUBLAS_STATUS_INVALID_VALUE";
}

const char* cublasLtGetStatusString(cublasStatus_t) { return "as the test wanted"; }

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
    ENTER(cublasLtCreate);
    *handle = static_cast<cublasLtHandle_t>(static_cast<void*>(new char));
    handles.insert(*handle);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
    ENTER(cublasLtDestroy);
    return handles.erase(handle) == 1 ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED;
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* made, cublasComputeType_t compute, cudaDataType_t scale) {
    ENTER(cublasLtMatmulDescCreate);
    auto* d = new Description{compute, scale, CUBLAS_OP_N, CUBLAS_OP_N, CUBLASLT_EPILOGUE_DEFAULT, nullptr};
    *made = reinterpret_cast<cublasLtMatmulDesc_t>(d);
    descriptions[d] = d;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t d) {
    ENTER(cublasLtMatmulDescDestroy);
    return descriptions.erase(d) == 1 ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, cublasLtMatmulDescAttributes_t attribute, const void* value, size_t size) {
    ENTER(cublasLtMatmulDescSetAttribute);
    auto found = descriptions.find(desc);
    if (found == descriptions.end()) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    Description& d = *found->second;
    auto set = [&](void* field, size_t wanted) {
        if (size != wanted) {
            return CUBLAS_STATUS_INVALID_VALUE;
        }
        std::memcpy(field, value, size);
        return CUBLAS_STATUS_SUCCESS;
    };
    switch (attribute) {
        case CUBLASLT_MATMUL_DESC_TRANSA: return set(&d.transpose_a, sizeof d.transpose_a);
        case CUBLASLT_MATMUL_DESC_TRANSB: return set(&d.transpose_b, sizeof d.transpose_b);
        case CUBLASLT_MATMUL_DESC_EPILOGUE: return set(&d.epilogue, sizeof d.epilogue);
        case CUBLASLT_MATMUL_DESC_BIAS_POINTER: return set(&d.bias, sizeof d.bias);
        default: return CUBLAS_STATUS_INVALID_VALUE;
    }
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* made, cudaDataType type, uint64_t rows, uint64_t columns, int64_t stride) {
    ENTER(cublasLtMatrixLayoutCreate);
    if (stride < static_cast<int64_t>(rows)) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    auto* l = new Layout{type, rows, columns, stride};
    *made = reinterpret_cast<cublasLtMatrixLayout_t>(l);
    layouts[l] = l;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t l) {
    ENTER(cublasLtMatrixLayoutDestroy);
    return layouts.erase(l) == 1 ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* made) {
    ENTER(cublasLtMatmulPreferenceCreate);
    auto* p = new Preference{0, {256, 256, 256, 256}};
    *made = reinterpret_cast<cublasLtMatmulPreference_t>(p);
    preferences[p] = p;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t p) {
    ENTER(cublasLtMatmulPreferenceDestroy);
    return preferences.erase(p) == 1 ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t pref, cublasLtMatmulPreferenceAttributes_t attribute, const void* value, size_t size) {
    ENTER(cublasLtMatmulPreferenceSetAttribute);
    auto found = preferences.find(pref);
    if (found == preferences.end()) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    Preference& p = *found->second;
    void* field;
    size_t wanted = sizeof(uint32_t);
    switch (attribute) {
        case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES: field = &p.workspace, wanted = sizeof p.workspace; break;
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES: field = &p.alignment[0]; break;
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES: field = &p.alignment[1]; break;
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES: field = &p.alignment[2]; break;
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES: field = &p.alignment[3]; break;
        default: return CUBLAS_STATUS_INVALID_VALUE;
    }
    if (size != wanted) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    std::memcpy(field, value, size);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t preference, int wanted,
                                              cublasLtMatmulHeuristicResult_t* results, int* count) {
    ENTER(cublasLtMatmulAlgoGetHeuristic);
    *count = 0;
    if (!handles.count(handle) || !descriptions.count(desc) || !layouts.count(a) || !layouts.count(b) || !layouts.count(c) || !layouts.count(d)
        || !preferences.count(preference) || wanted < 1) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    const Description& o = *descriptions[desc];
    const Preference& p = *preferences[preference];
    if (without_algorithm || !supported(o, *layouts[a], *layouts[b], *layouts[c], *layouts[d]) || p.workspace < kWorkspace) {
        return CUBLAS_STATUS_NOT_SUPPORTED;
    }
    Choice choice{layouts[d]->rows, layouts[d]->columns, layouts[a]->rows, o.epilogue, {}, types_of(*layouts[a], *layouts[b], *layouts[c], *layouts[d]), kMagic};
    std::memcpy(choice.alignment, p.alignment, sizeof choice.alignment);
    results[0] = {};
    std::memcpy(&results[0].algo, &choice, sizeof choice);
    results[0].workspaceSize = kWorkspace;
    results[0].state = CUBLAS_STATUS_SUCCESS;
    *count = 1;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, const void* alpha, const void* A, cublasLtMatrixLayout_t la,
                              const void* B, cublasLtMatrixLayout_t lb, const void* beta, const void* C, cublasLtMatrixLayout_t lc, void* D,
                              cublasLtMatrixLayout_t ld, const cublasLtMatmulAlgo_t* algorithm, void* workspace, size_t workspace_bytes, cudaStream_t) {
    ENTER(cublasLtMatmul);
    if (!handles.count(handle) || !descriptions.count(desc) || !layouts.count(la) || !layouts.count(lb) || !layouts.count(lc) || !layouts.count(ld)) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    const Description& o = *descriptions[desc];
    const Layout &a = *layouts[la], &b = *layouts[lb], &c = *layouts[lc], &d = *layouts[ld];
    Choice choice;
    std::memcpy(&choice, algorithm, sizeof choice);
    bool chosen = choice.magic == kMagic && choice.m == d.rows && choice.n == d.columns && choice.k == a.rows && choice.epilogue == o.epilogue
        && choice.types == types_of(a, b, c, d) && aligned(A, choice.alignment[0]) && aligned(B, choice.alignment[1])
        && aligned(C, choice.alignment[2]) && aligned(D, choice.alignment[3]);
    bool in_place = C != D || c.stride == d.stride;
    if (!chosen || !in_place || !supported(o, a, b, c, d) || workspace_bytes < kWorkspace || !aligned(workspace, 16)) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    std::memset(workspace, 0xff, kWorkspace);
    float scale = *static_cast<const float*>(alpha), of_c = *static_cast<const float*>(beta);
    for (uint64_t column = 0; column < d.columns; column++) {
        for (uint64_t row = 0; row < d.rows; row++) {
            float sum = 0;
            for (uint64_t k = 0; k < a.rows; k++) {
                sum = std::fma(load(A, a.type, row * a.stride + k), load(B, b.type, column * b.stride + k), sum);
            }
            float y = scale * sum;
            if (of_c != 0) {
                y += of_c * static_cast<const float*>(C)[column * c.stride + row];
            }
            if (o.epilogue == CUBLASLT_EPILOGUE_BIAS) {
                y += o.bias[row];
            }
            static_cast<float*>(D)[column * d.stride + row] = y;
        }
    }
    return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"
