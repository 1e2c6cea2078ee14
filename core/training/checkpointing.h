// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Between tensors and the named bytes of a checkpoint.

#include "core/attention/attention.h"
#include "core/model/decoder_model.h"
#include "core/model/lora.h"
#include "core/records/checkpoint.h"
#include "core/records/conversion_plan.h"

#include <memory>
#include <vector>

namespace lolcats {

TensorBytes bytesOf(const std::string& name, const at::Tensor& tensor);
at::Tensor tensorFrom(const TensorBytes& bytes);
// Copies the named bytes into the tensors. Refuses a missing name or another shape (RUN-CHECKPOINT).
void loadInto(const std::vector<NamedTensor>& tensors, const std::vector<TensorBytes>& bytes);

// One mixer a layer, null where the plan keeps softmax. Refuses a kept layer that the model does not have (PLAN-LAYERS).
using Students = std::vector<std::shared_ptr<AttentionMixer>>;
Students makeStudents(const ConversionPlan& plan, const DecoderShape& shape);
std::vector<NamedTensor> studentMaps(const Students& students);    // "student.{layer}.feature_map_q", …
std::vector<NamedTensor> studentFactors(const Students& students); // "student.{layer}.window_factor", …
std::vector<NamedTensor> studentTensors(const Students& students); // maps, then factors
void installStudents(DecoderModel& model, const Students& students);
// The plan's adapters; attachLora(student, loraSettings(plan)) prepares stage two.
LoraSettings loraSettings(const ConversionPlan& plan);
// A model with the students and adapters of a checkpoint, ready to run.
DecoderModel restoredStudent(const DecoderModel& teacher, const ConversionPlan& plan, const Checkpoint& checkpoint);

} // namespace lolcats
