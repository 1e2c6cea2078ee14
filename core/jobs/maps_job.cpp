// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/attention_comparison.h"
#include "core/jobs/job_support.h"
#include "core/records/failure.h"
#include "core/text/unicode.h"

namespace lolcats {

namespace {

constexpr std::size_t kMostTokens = 2048; // a map is tokens x tokens numbers a head

class MapsJob final : public Job {
public:
    MapsJob(const Subject& subject, const MapsRequest& request) : m_subject(subject), m_request(request) {}

    void run(Progress& progress) override {
        const LoadedSubject loaded = loadSubject(m_subject, progress);
        if (!loaded.teacher || !loaded.student)
            throw Refusal("ARG-MAPS",
                          "Maps compare a teacher with its student, and " + m_subject.model + " alone is not a pair.",
                          "Give a run file that has a checkpoint.");
        const Tokenizer tokenizer = requiredTokenizer(*loaded.source);
        ComparisonRequest request;
        request.probe = m_request.text;
        request.ids = textTokens(m_request.text, tokenizer, loaded.shape);
        if (request.ids.size() > kMostTokens)
            throw Refusal("ARG-PROBE",
                          "The text has " + std::to_string(request.ids.size()) + " tokens; maps are drawn of at most 2048.",
                          "Give a shorter text.");
        for (const std::int32_t id : request.ids)
            request.pieces.push_back(lossyUtf8(tokenizer.piece(id)));
        request.layers = m_request.layers;
        request.heads = m_request.heads;
        for (const std::int64_t layer : request.layers)
            if (layer < 0 || layer >= loaded.shape.layers || loaded.students[static_cast<std::size_t>(layer)] == nullptr)
                throw Refusal("ARG-LAYER", "Layer " + std::to_string(layer) + " has no student.",
                              "Choose a converted layer from 0 to " + std::to_string(loaded.shape.layers - 1) + ".");
        for (const std::int64_t head : request.heads)
            if (head < 0 || head >= loaded.shape.heads)
                throw Refusal("ARG-HEAD", "There is no head " + std::to_string(head) + ".",
                              "Choose one from 0 to " + std::to_string(loaded.shape.heads - 1) + ".");
        progress.report(MapTaken{std::make_shared<MapSnapshot>(compareAttention(*loaded.teacher, loaded.students, request))});
    }

private:
    Subject m_subject;
    MapsRequest m_request;
};

} // namespace

std::unique_ptr<Job> makeMapsJob(const Subject& subject, const MapsRequest& request) {
    return std::make_unique<MapsJob>(subject, request);
}

} // namespace lolcats
