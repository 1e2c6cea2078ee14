// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/families/rope_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace lolcats {

namespace {

[[noreturn]] void refuseRope(const std::string& summary, const std::string& remedy = {}) {
    refuseConfig("CFG-ROPE", summary, remedy);
}

std::optional<double> number(const Json& rope, const std::string& key) {
    const auto found = rope.find(key);
    if (found == rope.end() || found->is_null())
        return std::nullopt;
    if (!found->is_number() || !std::isfinite(found->get<double>()))
        refuseRope("The rotary setting " + key + " is " + found->dump().substr(0, 100) + ", which is not a number.");
    return found->get<double>();
}

double demanded(const Json& rope, const std::string& key, const std::string& type) {
    const auto value = number(rope, key);
    if (!value)
        refuseRope("Rotary scaling of the type " + type + " needs " + key + ", which the config lacks.");
    return *value;
}

// One object with `rope_type`, whatever its spelling; `key` is where it came from.
Json normalised(const Json& config, const char* key) {
    const Json* given = ConfigReader(config).find(key);
    if (given == nullptr || (given->is_object() && given->empty()))
        return nullptr;
    if (!given->is_object())
        refuseRope(std::string("The config has ") + given->dump().substr(0, 100) + " for " + key + ", which takes an object.");
    Json rope = *given;
    const bool byLayerType = std::all_of(rope.begin(), rope.end(), [](const Json& value) { return value.is_object(); });
    if (byLayerType) {
        const Json first = *rope.begin();
        if (std::any_of(rope.begin(), rope.end(), [&](const Json& value) { return value != first; }))
            refuseRope(std::string(key) + " differs between kinds of layers, which is not read.");
        rope = first;
    }
    const auto type = rope.find("rope_type"), oldType = rope.find("type");
    if (type != rope.end() && oldType != rope.end() && *type != *oldType)
        refuseRope(std::string(key) + " has both rope_type " + type->dump() + " and type " + oldType->dump() + ".");
    const Json word = type != rope.end() ? *type : oldType != rope.end() ? *oldType : Json("default");
    if (!word.is_string())
        refuseRope(std::string(key) + " has " + word.dump().substr(0, 100) + " for its type, which takes a text.");
    rope.erase("type");
    rope["rope_type"] = word;
    return rope;
}

// Equal but for theta, which is compared apart, and for whole numbers written with a fraction.
bool sameScaling(const Json& a, const Json& b) {
    for (const char* key : {"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings", "beta_fast",
                            "beta_slow", "attention_factor", "mscale", "mscale_all_dim"})
        if (number(a, key) != number(b, key))
            return false;
    return a["rope_type"] == b["rope_type"];
}

double thetaOf(const Json& config, const Json& scaling, const Json& parameters, double standard) {
    std::optional<double> theta;
    for (const Json* place : {&config, &scaling, &parameters}) {
        const auto found = place->is_object() ? number(*place, "rope_theta") : std::nullopt;
        if (found && theta && *found != *theta)
            refuseRope("The config names two different values of rope_theta: " + Json(*theta).dump() + " and " +
                       Json(*found).dump() + ".");
        theta = found ? found : theta;
    }
    if (theta && *theta <= 0)
        refuseRope("The config has " + Json(*theta).dump() + " for rope_theta, which takes a number above 0.");
    return theta.value_or(standard);
}

void refusePartial(const Json& place, std::int64_t headDim) {
    const auto part = place.is_object() ? number(place, "partial_rotary_factor") : std::nullopt;
    if (!part || *part == 1.0)
        return;
    if (*part <= 0 || *part > 1)
        refuseRope("The config has " + Json(*part).dump() +
                   " for partial_rotary_factor, which takes a number above 0, at most 1.");
    refuseRope("The model rotates only a part of each head (partial_rotary_factor " + Json(*part).dump() + " of " +
                   std::to_string(headDim) + "), which is not read.",
               "Open a model that rotates whole heads.");
}

void readLlama3(const Json& rope, std::int64_t maxPositions, RopeShape& shape) {
    shape.lowFrequency = demanded(rope, "low_freq_factor", shape.type);
    shape.highFrequency = demanded(rope, "high_freq_factor", shape.type);
    shape.original = demanded(rope, "original_max_position_embeddings", shape.type);
    if (shape.lowFrequency <= 0 || shape.highFrequency <= shape.lowFrequency)
        refuseRope("Rotary scaling has low_freq_factor " + Json(shape.lowFrequency).dump() + " and high_freq_factor " +
                   Json(shape.highFrequency).dump() + "; the second has to be the larger one, both above 0.");
    if (shape.original < 1 || shape.original > static_cast<double>(maxPositions))
        refuseRope("Rotary scaling has original_max_position_embeddings " + Json(shape.original).dump() +
                   "; a number from 1 to the model's max_position_embeddings, " + std::to_string(maxPositions) +
                   ", is accepted.");
}

// By how much attention is sharpened so that a stretched text reads like one of the original length.
double sharpening(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * std::log(factor) + 1;
}

// After the method's published description; the borders are counted in the original length, as newer loaders have it.
void readYarn(const Json& rope, std::int64_t maxPositions, RopeShape& shape) {
    shape.original = number(rope, "original_max_position_embeddings").value_or(static_cast<double>(maxPositions));
    shape.fastRotations = number(rope, "beta_fast").value_or(32);
    shape.slowRotations = number(rope, "beta_slow").value_or(1);
    if (shape.theta <= 1)
        refuseRope("Rotary scaling of the type yarn needs a rope_theta above 1, not " + Json(shape.theta).dump() + ".");
    if (shape.original < 1)
        refuseRope("Rotary scaling has original_max_position_embeddings " + Json(shape.original).dump() +
                   "; at least 1 is accepted.");
    if (shape.slowRotations <= 0 || shape.fastRotations <= shape.slowRotations)
        refuseRope("Rotary scaling has beta_fast " + Json(shape.fastRotations).dump() + " and beta_slow " +
                   Json(shape.slowRotations).dump() + "; the first has to be the larger one, both above 0.");
    if (const auto truncate = rope.find("truncate"); truncate != rope.end() && !truncate->is_null()) {
        if (!truncate->is_boolean())
            refuseRope("Rotary scaling has " + truncate->dump().substr(0, 100) + " for truncate, which takes true or false.");
        shape.truncated = truncate->get<bool>();
    }
    const double scale = number(rope, "mscale").value_or(0), scaleAll = number(rope, "mscale_all_dim").value_or(0);
    const double ratio = scale != 0 && scaleAll != 0 ? sharpening(shape.factor, scale) / sharpening(shape.factor, scaleAll)
                                                     : sharpening(shape.factor, 1);
    shape.attentionFactor = number(rope, "attention_factor").value_or(ratio);
    if (!(shape.attentionFactor > 0 && shape.attentionFactor < 1e6))
        refuseRope("Rotary scaling multiplies by " + Json(shape.attentionFactor).dump() +
                   " (attention_factor, mscale); a number above 0 is accepted.");
}

} // namespace

RopeShape ropeOf(const Json& config, std::int64_t headDim, std::int64_t maxPositions, double standardTheta) {
    if (headDim % 2 != 0)
        refuseRope("Heads of " + std::to_string(headDim) + " values cannot be rotated in pairs.");
    const Json scaling = normalised(config, "rope_scaling");
    const Json parameters = normalised(config, "rope_parameters");
    if (scaling.is_object() && parameters.is_object() && !sameScaling(scaling, parameters))
        refuseRope("The config has both rope_scaling and rope_parameters, and they differ.");
    for (const Json* place : {&config, &scaling, &parameters})
        refusePartial(*place, headDim);
    RopeShape shape;
    shape.theta = thetaOf(config, scaling, parameters, standardTheta);
    const Json& rope = scaling.is_object() ? scaling : parameters;
    if (!rope.is_object())
        return shape;
    shape.type = rope["rope_type"].get<std::string>();
    if (shape.type == "default")
        return shape;
    if (shape.type != "linear" && shape.type != "dynamic" && shape.type != "llama3" && shape.type != "yarn")
        refuseRope(
            "Rotary scaling of the type \"" + shape.type.substr(0, 60) + "\" is not read.",
            "Known are default, linear, dynamic, llama3 and yarn; a model that was not stretched to longer texts may do.");
    shape.factor = demanded(rope, "factor", shape.type);
    if (shape.factor < 1)
        refuseRope("Rotary scaling has the factor " + Json(shape.factor).dump() + "; at least 1 is accepted.");
    shape.original = static_cast<double>(maxPositions);
    if (shape.type == "llama3")
        readLlama3(rope, maxPositions, shape);
    else if (shape.type == "yarn")
        readYarn(rope, maxPositions, shape);
    else if (shape.type == "dynamic" && headDim < 4)
        refuseRope("Heads of " + std::to_string(headDim) +
                   " values cannot be stretched by rotary scaling of the type dynamic.");
    return shape;
}

} // namespace lolcats
