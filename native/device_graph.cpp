#include "device_graph.hpp"

#include <memory>

namespace telltale {

namespace {

/** Largest number below 1: a draw times a sum stays below the sum. */
constexpr float kBelowOne = 0x1.fffffep-1f;
constexpr int64_t kMostInBlock = 1024, kLeastInBlock = 64, kPaddedBlock = 256;

int64_t block_size(int64_t vocabulary_size) {
    for (int64_t size = kMostInBlock; size >= kLeastInBlock; size /= 2) {
        if (vocabulary_size % size == 0) return size;
    }
    return kPaddedBlock;
}

/** The nodes use only what CPU, CUDA, Metal and Vulkan all have for float32: there is no row maximum among it. */
class Builder {
  public:
    Builder(const LlamaFunctions& ggml, ggml_context* context) : ggml_(ggml), context_(context) {}

    ggml_tensor* input(ggml_type type, int64_t rows) const {
        ggml_tensor* tensor = ggml_.ggml_new_tensor_2d(context_, type, 1, rows);
        ggml_.ggml_set_input(tensor);
        return tensor;
    }

    /** matrix [n, rows], places I32 [1, rows] -> [1, rows]: one entry of each row. */
    ggml_tensor* entry(ggml_tensor* matrix, ggml_tensor* places) const {
        const int64_t n = matrix->ne[0], rows = matrix->ne[1];
        ggml_tensor* entries = ggml_.ggml_get_rows(context_, cube(matrix, 1, n, rows), places);
        return ggml_.ggml_reshape_2d(context_, entries, 1, rows);
    }

    /** The arg-max of a row without a number is -1 on some devices: held within the row before it is used. */
    ggml_tensor* largest(ggml_tensor* logits) const {
        ggml_tensor* found = ggml_.ggml_reshape_2d(context_, ggml_.ggml_argmax(context_, logits), 1, logits->ne[1]);
        return entry(logits, whole(ggml_.ggml_cast(context_, found, GGML_TYPE_F32), logits->ne[0]));
    }

    /** exp((logits - largest) * sharpness) [n, rows] */
    ggml_tensor* weights(ggml_tensor* logits, ggml_tensor* largest, float sharpness) const {
        ggml_tensor* excess = ggml_.ggml_sub(context_, logits, largest);
        if (sharpness != 1) excess = ggml_.ggml_scale(context_, excess, sharpness);
        return ggml_.ggml_exp(context_, excess);
    }

    /** weights [n, rows], draws [1, rows] in [0, 1) -> F32 [1, rows]: where the running sum first passes draw * sum. */
    ggml_tensor* draw(ggml_tensor* weights, ggml_tensor* draws) const {
        const int64_t n = weights->ne[0], rows = weights->ne[1], size = block_size(n), blocks = (n + size - 1) / size;
        // A running sum over a whole row would round too much in float32: one over blocks, one within a block.
        if (n % size != 0) weights = ggml_.ggml_pad(context_, weights, static_cast<int>(blocks * size - n), 0, 0, 0);
        weights = cube(weights, size, blocks, rows);
        ggml_tensor* sums = ggml_.ggml_reshape_2d(context_, ggml_.ggml_sum_rows(context_, weights), blocks, rows);
        ggml_tensor* running = ggml_.ggml_cumsum(context_, sums);
        ggml_tensor* wanted = ggml_.ggml_mul(context_, draws, last(running));
        ggml_tensor* block = first_above(running, wanted);
        ggml_tensor* block_index = ggml_.ggml_cast(context_, block, GGML_TYPE_I32);
        ggml_tensor* before = entry(ggml_.ggml_sub(context_, running, sums), block_index);
        ggml_tensor* inside = ggml_.ggml_cumsum(
            context_, ggml_.ggml_reshape_2d(context_, ggml_.ggml_get_rows(context_, weights, block_index), size, rows));
        // The two sums round differently: what is left is held below the block's own sum.
        ggml_tensor* share = ggml_.ggml_div(context_, ggml_.ggml_sub(context_, wanted, before), last(inside));
        share = ggml_.ggml_clamp(context_, share, 0, kBelowOne);
        ggml_tensor* place = first_above(inside, ggml_.ggml_mul(context_, share, last(inside)));
        return ggml_.ggml_add(context_, ggml_.ggml_scale(context_, block, static_cast<float>(size)), place);
    }

    /** Numbers [1, rows] as I32 in [0, n). */
    ggml_tensor* whole(ggml_tensor* numbers, int64_t n) const {
        return ggml_.ggml_cast(context_, ggml_.ggml_clamp(context_, numbers, 0, static_cast<float>(n - 1)),
                               GGML_TYPE_I32);
    }

  private:
    ggml_tensor* cube(ggml_tensor* tensor, int64_t a, int64_t b, int64_t c) const {
        return ggml_.ggml_reshape_3d(context_, tensor, a, b, c);
    }

    /** [n, rows] -> [1, rows] */
    ggml_tensor* last(ggml_tensor* matrix) const {
        return ggml_.ggml_cont(context_, ggml_.ggml_view_2d(context_, matrix, 1, matrix->ne[1], matrix->nb[1],
                                                            static_cast<size_t>(matrix->ne[0] - 1) * matrix->nb[0]));
    }

    /** running [n, rows], wanted [1, rows] -> F32 [1, rows]: how many entries are not above it; at most n - 1. */
    ggml_tensor* first_above(ggml_tensor* running, ggml_tensor* wanted) const {
        ggml_tensor* above = ggml_.ggml_step(context_, ggml_.ggml_sub(context_, running, wanted));
        const float n = static_cast<float>(running->ne[0]);
        ggml_tensor* count = ggml_.ggml_scale_bias(context_, ggml_.ggml_sum_rows(context_, above), -1, n);
        return ggml_.ggml_clamp(context_, count, 0, n - 1);
    }

    const LlamaFunctions& ggml_;
    ggml_context* context_;
};

} // namespace

DeviceOutputs build_device_graph(const LlamaFunctions& ggml, ggml_context* context, ggml_tensor* logits,
                                 const DeviceWork& work, DeviceInputs& inputs) {
    const Builder build(ggml, context);
    const int64_t rows = work.gathered != 0 ? work.gathered : logits->ne[1];
    if (work.gathered != 0) {
        inputs.rows = ggml.ggml_new_tensor_1d(context, GGML_TYPE_I32, rows);
        ggml.ggml_set_input(inputs.rows);
        logits = ggml.ggml_get_rows(context, logits, inputs.rows);
    }
    DeviceOutputs outputs;
    ggml_tensor* largest = build.largest(logits);
    ggml_tensor* weights = build.weights(logits, largest, 1);
    outputs.sum = ggml.ggml_sum_rows(context, weights);
    ggml_tensor* tokens = nullptr;
    if (work.choose) {
        inputs.draws = build.input(GGML_TYPE_F32, rows);
        ggml_tensor* tempered = work.sharpness == 1 ? weights : build.weights(logits, largest, work.sharpness);
        outputs.tokens = tokens = build.whole(build.draw(tempered, inputs.draws), logits->ne[0]);
    } else {
        inputs.targets = tokens = build.input(GGML_TYPE_I32, rows);
    }
    if (work.tops) {
        inputs.draws = build.input(GGML_TYPE_F32, rows);
        ggml_tensor* maxima = build.weights(logits, largest, kGreedy);
        outputs.tokens = build.whole(build.draw(maxima, inputs.draws), logits->ne[0]);
    }
    outputs.excess = ggml.ggml_sub(context, build.entry(logits, tokens), largest);
    return outputs;
}

const char* unsupported_operation(const LlamaFunctions& ggml, ggml_backend_dev_t device, int64_t vocabulary_size) {
    const size_t nodes = 256;
    const ggml_init_params params{nodes * ggml.ggml_tensor_overhead() + ggml.ggml_graph_overhead(), nullptr, true};
    const std::unique_ptr<ggml_context, decltype(ggml.ggml_free)> context(ggml.ggml_init(params), ggml.ggml_free);
    ggml_cgraph* graph = ggml.ggml_new_graph(context.get());
    ggml_tensor* logits = ggml.ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, vocabulary_size, 2);
    for (const DeviceWork& work :
         {DeviceWork{.tops = true}, DeviceWork{.choose = true, .sharpness = 2, .gathered = 3}}) {
        DeviceInputs inputs;
        const DeviceOutputs outputs = build_device_graph(ggml, context.get(), logits, work, inputs);
        for (ggml_tensor* output : {outputs.sum, outputs.excess, outputs.tokens})
            ggml.ggml_build_forward_expand(graph, output);
    }
    for (int i = 0; i < ggml.ggml_graph_n_nodes(graph); ++i) {
        const ggml_tensor* node = ggml.ggml_graph_node(graph, i);
        if (!ggml.ggml_backend_dev_supports_op(device, node)) return ggml.ggml_op_desc(node);
    }
    return nullptr;
}

} // namespace telltale
