// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/exporter.h"

#include "core/records/failure.h"

namespace lolcats {

ExporterPart huggingfaceDirectory();
ExporterPart adapters();
ExporterPart reference();

const std::vector<ExporterPart>& exporterParts() {
    static const std::vector<ExporterPart> parts = {huggingfaceDirectory(), adapters(), reference()};
    return parts;
}

const ExporterPart& exporterPart(const std::string& id) {
    std::string ids;
    for (const ExporterPart& part : exporterParts()) {
        if (part.choice.id == id)
            return part;
        ids += (ids.empty() ? "" : ", ") + part.choice.id;
    }
    throw Refusal("EXP-FORMAT", "There is no export format called “" + id + "”.", "Choose one of: " + ids + ".");
}

} // namespace lolcats
