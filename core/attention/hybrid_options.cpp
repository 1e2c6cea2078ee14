// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/hybrid_options.h"

#include "core/records/failure.h"

#include <cmath>

namespace lolcats {

std::vector<OptionDescription> hybridOptions() {
    return {
        windowOption(),
        describedWord("window_shape", "Window shape", {"sliding", "terraced", "terraced-end"},
                      "Sliding: each token sees as many tokens as the window is long. Terraced: text is cut into blocks of the "
                      "window's length, and each token sees its own block so far and the whole block before it. Terraced-end: "
                      "the same with the blocks counted from the end of the text and a sliding window while writing, as the "
                      "published code has it."),
        sinksOption(),
        describedNumber("window_factor", "Window factor", 0.9, 0.0001, 0.9999, "",
                        "Weight of the softmax part at the start, one for each head."),
        describedFlag("window_factor_learned", "Factor learned", true,
                      "Training changes the window factor of each head; otherwise it stays as it starts."),
        describedNumber("linear_factor", "Linear factor", std::exp(-3.0), 0.0001, 10, "",
                        "Weight of the linear part at the start, one for each head. Small: the window alone is the start."),
        describedFlag("linear_factor_learned", "Factor learned", true,
                      "Training changes the linear factor of each head; otherwise it stays as it starts."),
        describedFlag("linear_factor_affine", "Factors sum to one", false,
                      "The linear factor is what the window factor leaves of one; its own start and learning do not count."),
        describedWhole("decode_window", "Decode window", 0, 0, 4096, "tokens",
                       "A sliding window of another length while text is written than in training; 0: as in training. With "
                       "another length the student writes by a rule that it was not trained on."),
        describedWhole("text_chunk", "Text chunk", 0, 0, 65536, "tokens",
                       "Text is cut into chunks of so many tokens, and a chunk reads those before it through its linear part "
                       "alone, as the published code for long texts has it; 0: windows reach over any border."),
        describedWord("combination", "Combination", {"joint", "ratio"},
                      "Joint: both parts over one denominator. Ratio: linear attention alone says how much weight the window "
                      "gets, without factors, as in the older published form.")};
}

HybridSettings hybridSettings(const OptionValues& options) {
    HybridSettings settings;
    WindowGeometry& geometry = settings.geometry;
    geometry.window = integerOption(options, "window");
    geometry.sinks = integerOption(options, "sinks");
    geometry.terraced = textOption(options, "window_shape") != "sliding";
    geometry.endAligned = textOption(options, "window_shape") == "terraced-end";
    settings.decodeWindow = integerOption(options, "decode_window");
    settings.textChunk = integerOption(options, "text_chunk");
    settings.ratio = textOption(options, "combination") == "ratio";
    if ((geometry.endAligned || settings.textChunk > 0) && geometry.sinks > 0)
        throw Refusal(
            "PLAN-VALUE",
            "The window shape terraced-end and text chunks have no sinks: they are there to repeat the published code.",
            "Set sinks to 0, or take the shape terraced and no text chunks.");
    if (settings.ratio && (geometry.endAligned || settings.textChunk > 0))
        throw Refusal("PLAN-VALUE", "The combination ratio knows neither the window shape terraced-end nor text chunks.",
                      "Take the shape sliding or terraced and no text chunks, or the combination joint.");
    settings.windowFactor = numberOption(options, "window_factor");
    settings.windowLearned = flagOption(options, "window_factor_learned");
    settings.linearFactor = numberOption(options, "linear_factor");
    settings.linearLearned = flagOption(options, "linear_factor_learned");
    settings.affine = flagOption(options, "linear_factor_affine");
    return settings;
}

} // namespace lolcats
