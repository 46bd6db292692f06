#include "core/learning/Passport.h"

#include "core/base/Files.h"
#include "core/learning/Learning.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace chronnect;

namespace {

struct Data {
    std::vector<std::string> regions{"Precentral", "Insula", "Cuneus"};
    double repetitionTime = 2;
    int volumes = 100;
    std::string cleaning = R"({"filter":"butterworth","high_pass_hz":0.008,"confounds":"6p","global_signal":false})";

    std::shared_ptr<const ScanSource> source() const {
        std::vector<MemoryScan> scans(2);
        for (std::size_t i = 0; i < scans.size(); ++i) {
            scans[i].info.id = "sub-" + std::to_string(i);
            scans[i].values.assign(static_cast<std::size_t>(volumes) * regions.size(), 1.f);
        }
        return memoryScanSource(scans, regions, {}, repetitionTime, cleaning);
    }
};

/// A model trained on Data as it is.
Model trained() {
    const Data data;
    Model model;
    model.name = "st-mae";
    model.regions = data.regions;
    model.passport = dataPassport(*data.source());
    model.passport.set("graph", Json::object().set("window_length", 30))
        .set("network", Json::object().set("pooling", "sum"))
        .set("objective", "st-mae")
        .set("seed", 4)
        .set("versions", Json::object().set("program", versionText()));
    return model;
}

PassportItem item(const std::string& name, const Model& model, const Data& data) {
    const auto check = checkPassport(model, *data.source());
    const auto found = std::ranges::find(check.items, name, &PassportItem::name);
    if (found == check.items.end()) throw std::runtime_error("no item " + name);
    EXPECT_FALSE(found->sentence.empty()) << name;
    return *found;
}

Light light(const std::string& name, const Model& model, const Data& data) { return item(name, model, data).light; }

}  // namespace

TEST(Passport, OfTheSameDataIsGreenInEveryItem) {
    const auto check = checkPassport(trained(), *Data().source());
    ASSERT_EQ(check.items.size(), 8u);
    for (const auto& each : check.items) EXPECT_EQ(each.light, Light::Green) << each.name << ": " << each.sentence;
    EXPECT_EQ(check.worst(), Light::Green);
    EXPECT_TRUE(check.refusal().empty());
    EXPECT_EQ(toJson(check)["light"].text(), "green");
}

TEST(Passport, RepetitionTimeIsJudgedByItsDistance) {
    Data data;
    const std::string name = "repetition time";
    data.repetitionTime = 2.03;
    EXPECT_EQ(light(name, trained(), data), Light::Green);
    data.repetitionTime = 2.4;
    EXPECT_EQ(light(name, trained(), data), Light::Amber);
    data.repetitionTime = 0.72;
    EXPECT_EQ(light(name, trained(), data), Light::Red);
    EXPECT_NE(checkPassport(trained(), *data.source()).refusal().find("0.72"), std::string::npos);
    data.repetitionTime = 0;
    EXPECT_TRUE(item(name, trained(), data).notStated);
}

TEST(Passport, AtlasIsTheNamesInTheirOrder) {
    Data data;
    data.regions = {"Insula", "Precentral", "Cuneus"};
    EXPECT_EQ(light("atlas", trained(), data), Light::Red);
    EXPECT_FALSE(item("atlas", trained(), data).final);
    data.regions = {"Precentral", "Insula"};
    EXPECT_TRUE(item("atlas", trained(), data).final);
    data.regions = {"R7", "R8", "R9"};
    EXPECT_EQ(light("atlas", trained(), data), Light::Amber) << "numbers say nothing about places";
    EXPECT_TRUE(item("atlas", trained(), data).notStated);
    data.regions = {"R7", "R9", "R8"};
    EXPECT_EQ(light("atlas", trained(), data), Light::Red) << "these are not counted through";
}

TEST(Passport, NormalisationMustBeTheOneInUse) {
    Model model = trained();
    model.passport.set("normalisation", "percent signal change");
    EXPECT_EQ(light("normalisation", model, {}), Light::Red);
    model.passport.set("normalisation", Json());
    EXPECT_EQ(light("normalisation", model, {}), Light::Amber);
}

TEST(Passport, LengthCountsWhereItMatters) {
    Data data;
    data.volumes = 190;
    EXPECT_EQ(light("length", trained(), data), Light::Green);
    data.volumes = 300;
    EXPECT_EQ(light("length", trained(), data), Light::Amber);
    EXPECT_NE(item("length", trained(), data).sentence.find("adds up over time"), std::string::npos);
    data.volumes = 40;
    EXPECT_EQ(light("length", trained(), data), Light::Amber);
    data.volumes = 30;
    EXPECT_TRUE(item("length", trained(), data).final) << "no scan is longer than a window";
}

TEST(Passport, CleaningNamesWhatDiffers) {
    Data data;
    data.cleaning = R"({"global_signal":false,"confounds":"6p","high_pass_hz":0.008,"filter":"butterworth"})";
    EXPECT_EQ(light("cleaning", trained(), data), Light::Green) << "in another order";
    data.cleaning = R"({"filter":"butterworth","high_pass_hz":0.008,"confounds":"24p","global_signal":false})";
    EXPECT_EQ(light("cleaning", trained(), data), Light::Amber);
    EXPECT_NE(item("cleaning", trained(), data).sentence.find("24p"), std::string::npos);
    data.cleaning = R"({"filter":"butterworth","high_pass_hz":0.008,"confounds":"6p","global_signal":true})";
    EXPECT_EQ(light("cleaning", trained(), data), Light::Red);
    data.cleaning.clear();
    EXPECT_TRUE(item("cleaning", trained(), data).notStated);
}

TEST(Passport, OriginMustBeStated) {
    for (const auto& [key, name] :
         {std::pair<std::string, std::string>{"objective", "objective"}, {"seed", "seed"}, {"versions", "versions"}}) {
        Model model = trained();
        EXPECT_EQ(light(name, model, {}), Light::Green) << name;
        model.passport.set(key, Json());
        EXPECT_EQ(light(name, model, {}), Light::Amber) << name;
    }
    Model other = trained();
    other.passport.set("versions", Json::object().set("program", "chronnect 0.0.1"));
    EXPECT_EQ(light("versions", other, {}), Light::Amber);
    EXPECT_FALSE(item("versions", other, {}).notStated);
}
