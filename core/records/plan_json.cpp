// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/plan_json.h"

#include "core/records/failure.h"
#include "core/records/plan_fields.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <set>

namespace lolcats {

namespace {

using Json = nlohmann::ordered_json;

Json jsonOf(const OptionValue& value) {
    return std::visit([](const auto& plain) { return Json(plain); }, value);
}

OptionValue valueOf(const Json& json, const std::string& name) {
    if (json.is_boolean())
        return json.get<bool>();
    if (json.is_number_integer())
        return json.get<std::int64_t>();
    if (json.is_number())
        return json.get<double>();
    if (json.is_string())
        return json.get<std::string>();
    if (json.is_array()) { // layers may also be written as a list
        std::string list;
        for (const Json& entry : json) {
            if (!entry.is_number_integer())
                throw Refusal("PLAN-VALUE", "The plan's list " + name + " holds something that is not a whole number.",
                              "Write layer numbers, for example [3, 17].");
            list += (list.empty() ? "" : ",") + std::to_string(entry.get<std::int64_t>());
        }
        return list;
    }
    throw Refusal("PLAN-VALUE", "The plan's option " + name + " is neither a number, nor text, nor true or false.",
                  "Give it a plain value.");
}

Json parsed(const std::string& text) {
    Json json;
    std::set<std::string> keys;
    try {
        json = Json::parse(text, [&keys](int depth, Json::parse_event_t event, Json& value) {
            if (depth == 1 && event == Json::parse_event_t::key && !keys.insert(value.get<std::string>()).second)
                throw Refusal("PLAN-KEY", "The plan names “" + value.get<std::string>() + "” twice.", "Keep one of the two.");
            return true;
        });
    } catch (const Json::parse_error& error) {
        throw Refusal("PLAN-JSON", "The plan is not JSON: it breaks off at byte " + std::to_string(error.byte) + ".",
                      "Mend the file, or write a new one with `lolcats plan MODEL`.", error.what());
    }
    if (!json.is_object() || !json.contains("lolcats_plan"))
        throw Refusal("PLAN-JSON", "This is not a plan: it has no key “lolcats_plan”.", "Write one with `lolcats plan MODEL`.");
    const Json& version = json["lolcats_plan"];
    if (!version.is_number_integer() || version.get<std::int64_t>() < 1 ||
        version.get<std::int64_t>() > ConversionPlan::kVersion)
        throw Refusal("PLAN-VERSION",
                      "The plan has version " + version.dump() + ", this program reads up to " +
                          std::to_string(ConversionPlan::kVersion) + ".",
                      "Use the version of the program that wrote the plan.");
    return json;
}

// Fields of the plan itself, in the object's order; what is left is options of parts.
ConversionPlan ownFields(const Json& json, OptionValues& rest) {
    ConversionPlan plan;
    for (const auto& [name, value] : json.items()) {
        if (name == "lolcats_plan")
            continue;
        if (const PlanField* field = findPlanField(name))
            writePlanField(plan, *field, valueOf(value, name));
        else
            rest[name] = valueOf(value, name);
    }
    return plan;
}

// Earlier plans list the options of the feature map that they name although their attention reads none.
bool isOfIdleMap(const ConversionPlan& plan, const std::string& name, const Catalogue& catalogue) {
    const auto has = [&name](const std::vector<OptionDescription>& options) {
        return std::any_of(options.begin(), options.end(), [&](const auto& option) { return option.name == name; });
    };
    return !has(partOptions(plan, catalogue)) && has(findChoice(catalogue.featureMaps, plan.featureMap, "feature map").options);
}

} // namespace

std::string planToJson(const ConversionPlan& plan, const Catalogue& catalogue) {
    const ConversionPlan complete = completedPlan(plan, catalogue);
    Json json;
    json["lolcats_plan"] = ConversionPlan::kVersion;
    for (const PlanField& field : planFields())
        json[field.option.name] = std::holds_alternative<std::vector<std::int64_t> ConversionPlan::*>(field.member)
                                      ? Json(complete.keepSoftmax)
                                      : jsonOf(readPlanField(complete, field));
    for (const auto& [name, value] : complete.options)
        json[name] = jsonOf(value);
    return json.dump(2) + "\n";
}

ConversionPlan planFromJson(const std::string& text, const std::string& folder, const Catalogue& catalogue) {
    OptionValues rest;
    ConversionPlan plan = ownFields(parsed(text), rest);
    for (const auto& [name, value] : rest)
        if (!isOfIdleMap(plan, name, catalogue))
            setPlanField(plan, name, value, catalogue);
    for (const PlanField& field : planFields())
        if (field.isPath) {
            std::string& path = plan.*std::get<std::string ConversionPlan::*>(field.member);
            if (!path.empty())
                path = (std::filesystem::path(folder) / path).lexically_normal().string();
        }
    return completedPlan(plan, catalogue);
}

ConversionPlan planFromStoredJson(const std::string& text) {
    OptionValues rest;
    ConversionPlan plan = ownFields(parsed(text), rest);
    plan.options = std::move(rest);
    return plan;
}

} // namespace lolcats
