// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/checkpointing.h"

#include "core/model/rotary.h"
#include "core/records/failure.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <map>

namespace lolcats {

namespace {

const std::map<std::string, at::ScalarType>& tensorTypes() {
    static const std::map<std::string, at::ScalarType> types = {
        {"F32", at::kFloat}, {"F64", at::kDouble}, {"BF16", at::kBFloat16},
        {"F16", at::kHalf},  {"I64", at::kLong},   {"U8", at::kByte},
    };
    return types;
}

Refusal damaged(const std::string& what) {
    return Refusal("RUN-CHECKPOINT", "The checkpoint does not fit the run's plan: " + what + ".",
                   "Go on from another checkpoint, or start a new run with this plan.");
}

std::vector<NamedTensor> named(const Students& students, std::vector<NamedTensor> (AttentionMixer::*of)() const) {
    std::vector<NamedTensor> all;
    for (std::size_t layer = 0; layer < students.size(); ++layer) {
        if (!students[layer])
            continue;
        for (const NamedTensor& tensor : (*students[layer].*of)())
            all.push_back({"student." + std::to_string(layer) + "." + tensor.name, tensor.tensor});
    }
    return all;
}

} // namespace

TensorBytes bytesOf(const std::string& name, const at::Tensor& tensor) {
    const at::Tensor plain = tensor.detach().to(at::kCPU).contiguous();
    TensorBytes bytes;
    bytes.name = name;
    for (const auto& [word, type] : tensorTypes())
        if (type == plain.scalar_type())
            bytes.dtype = word;
    if (bytes.dtype.empty())
        throw Refusal("INT-DTYPE", "The tensor " + name + " has a type that a checkpoint cannot hold.",
                      "Report this: it is a fault of the program.");
    bytes.shape = plain.sizes().vec();
    bytes.bytes.resize(plain.nbytes());
    if (!bytes.bytes.empty())
        std::memcpy(bytes.bytes.data(), plain.const_data_ptr(), bytes.bytes.size());
    return bytes;
}

at::Tensor tensorFrom(const TensorBytes& bytes) {
    const auto found = tensorTypes().find(bytes.dtype);
    if (found == tensorTypes().end())
        throw damaged("the tensor " + bytes.name + " has the unknown type \"" + bytes.dtype + "\"");
    std::uint64_t elements = 1;
    for (const std::int64_t size : bytes.shape) {
        if (size < 0 || (size > 0 && elements > bytes.bytes.size() / static_cast<std::uint64_t>(size)))
            throw damaged("the tensor " + bytes.name + " has other sizes than its bytes");
        elements *= static_cast<std::uint64_t>(size);
    }
    if (elements * c10::elementSize(found->second) != bytes.bytes.size())
        throw damaged("the tensor " + bytes.name + " has other sizes than its bytes");
    at::Tensor tensor = at::empty(bytes.shape, at::dtype(found->second));
    if (!bytes.bytes.empty())
        std::memcpy(tensor.data_ptr(), bytes.bytes.data(), bytes.bytes.size());
    return tensor;
}

void loadInto(const std::vector<NamedTensor>& tensors, const std::vector<TensorBytes>& bytes) {
    const at::NoGradGuard guard;
    std::map<std::string, const TensorBytes*> index;
    for (const TensorBytes& entry : bytes)
        index[entry.name] = &entry;
    for (const NamedTensor& target : tensors) {
        const auto found = index.find(target.name);
        if (found == index.end())
            throw damaged("it lacks the tensor " + target.name);
        if (found->second->shape != target.tensor.sizes().vec())
            throw damaged("the tensor " + target.name + " has another shape");
        target.tensor.copy_(tensorFrom(*found->second));
    }
}

Students makeStudents(const ConversionPlan& plan, const DecoderShape& shape) {
    for (const std::int64_t layer : plan.keepSoftmax)
        if (layer < 0 || layer >= shape.layers)
            throw Refusal("PLAN-LAYERS",
                          "The plan keeps softmax in layer " + std::to_string(layer) + ", but the model has the layers 0 to " +
                              std::to_string(shape.layers - 1) + ".",
                          "Name only layers that the model has.");
    Students students(static_cast<std::size_t>(shape.layers));
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        if (std::find(plan.keepSoftmax.begin(), plan.keepSoftmax.end(), layer) != plan.keepSoftmax.end())
            continue;
        MixerShape mixer{shape.heads, shape.kvHeads, shape.headDim, plan.seed * shape.layers + layer,
                         at::device(at::Device(plan.device)).dtype(at::kFloat)};
        mixer.frequencies = fixedFrequencies(shape.rope, shape.headDim);
        if (!shape.windows.empty())
            mixer.ownWindow = shape.windows[static_cast<std::size_t>(layer)];
        students[static_cast<std::size_t>(layer)] = makeMixer(plan.attention, mixer, plan.featureMap, plan.options);
    }
    return students;
}

std::vector<NamedTensor> studentMaps(const Students& students) {
    return named(students, &AttentionMixer::maps);
}
std::vector<NamedTensor> studentFactors(const Students& students) {
    return named(students, &AttentionMixer::factors);
}
std::vector<NamedTensor> studentTensors(const Students& students) {
    std::vector<NamedTensor> all = studentMaps(students);
    for (NamedTensor& tensor : studentFactors(students))
        all.push_back(std::move(tensor));
    return all;
}

void installStudents(DecoderModel& model, const Students& students) {
    for (std::size_t layer = 0; layer < students.size(); ++layer)
        if (students[layer])
            model.blocks()[layer].mixer = students[layer];
}

LoraSettings loraSettings(const ConversionPlan& plan) {
    return {plan.rank, plan.alpha, plan.dropout, loraTargets(plan.targets), plan.seed};
}

DecoderModel restoredStudent(const DecoderModel& teacher, const ConversionPlan& plan, const Checkpoint& checkpoint) {
    const Students students = makeStudents(plan, teacher.shape());
    loadInto(studentTensors(students), checkpoint.tensors);
    DecoderModel model = teacher.shared();
    installStudents(model, students);
    const bool adapted = std::any_of(checkpoint.tensors.begin(), checkpoint.tensors.end(),
                                     [](const TensorBytes& tensor) { return tensor.name.rfind("lora.", 0) == 0; });
    if (adapted) {
        attachLora(model, loraSettings(plan));
        loadInto(loraTensors(model), checkpoint.tensors);
    }
    return model;
}

} // namespace lolcats
