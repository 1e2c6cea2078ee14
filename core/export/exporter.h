// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What an exporter promises, and the list of them: the written folder loads again and gives the same logits.

#include "core/engine.h"
#include "core/files/model_source.h"
#include "core/model/decoder_model.h"
#include "core/records/choices.h"
#include "core/training/checkpointing.h"

#include <string>
#include <vector>

namespace lolcats {

struct ExportSubject {
    const ModelSource* source = nullptr;
    const DecoderModel* teacher = nullptr;
    const DecoderModel* student = nullptr; // adapters not merged
    const Students* students = nullptr;
    const ConversionPlan* plan = nullptr;
};

struct ExporterPart {
    Choice choice;
    // Writes into `folder`, which exists and is empty. The export job does the rest (beside, read back, compare, rename).
    void (*write)(const ExportSubject& subject, const ExportRequest& request, const std::string& folder, Progress& progress);
    // The student that `folder` holds, on the CPU; what the folder leaves to the base model comes from the subject.
    DecoderModel (*readBack)(const ExportSubject& subject, const std::string& folder);
    ExportForecast (*forecast)(const ModelSource& source, const ConversionPlan& plan);
    // What to do with the folder next, in a sentence, and the command that does it; the command may be empty.
    struct Next {
        std::string sentence;
        std::string command;
    };
    Next (*next)(const std::string& folder);
    bool standsAlone = false; // readBack needs no model of the subject: these may be gone by then
};
const std::vector<ExporterPart>& exporterParts();
const ExporterPart& exporterPart(const std::string& id);

// An exported folder as a model: our config.json says what the student is (`lolcats` object), tensors hold maps and factors.
struct ExportedModel {
    DecoderModel model;
    Students students;
};
bool isExportedStudent(const ModelSource& source);
ExportedModel loadExportedStudent(const ModelSource& source, const std::string& dtype, const std::string& device);
// The same with blocks that are read when they are walked through.
ExportedModel openExportedStudent(const std::shared_ptr<const ModelSource>& source, const std::string& dtype,
                                  const std::string& device);
// The config.json of a student: its source's, and the object `lolcats` with all that the Python files must know.
Json studentConfig(const ExportSubject& subject, const std::string& dtype);

} // namespace lolcats
