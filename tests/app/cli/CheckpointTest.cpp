#include "tests/app/cli/Program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

using namespace chronnect;
using namespace chronnect::test;
using testing::HasSubstr;
namespace fs = std::filesystem;

TEST(Inspect, TellsWhichNetworkAPublicCheckpointIs) {
    CHRONNECT_NEEDS("predict");
    CHRONNECT_NEEDS_SHARED();
    const fs::path file = sharedFolder() / "reference" / "stagin" / "model_garo_mean.pth";
    const Outcome outcome = chronnectCli({"inspect", file.string(), "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const Json answer = outcome.json();
    EXPECT_THAT(answer["kind"].text(), HasSubstr("STAGIN"));
    EXPECT_EQ(answer["facts"]["readout"].text(), "garo");
    EXPECT_GT(answer["facts"]["regions"].number(), 1);
    EXPECT_GT(answer["facts"]["numbers"].number(), answer["facts"]["tensors"].number());
    EXPECT_EQ(chronnectCli({"inspect", (sharedFolder() / "reference" / "stagin").string() + "/none.pth"}).code, 2);
}

TEST(Learning, PublicCheckpointsGiveTheirOwnOutputs) {
    CHRONNECT_NEEDS("predict");
    CHRONNECT_NEEDS_SHARED();
    if (!python("import numpy")) GTEST_SKIP() << "python3 with NumPy is needed to compare the arrays";
    const fs::path reference = sharedFolder() / "reference" / "stagin";
    const TemporaryFolder folder;
    for (const std::string name : {"sero_sum", "garo_mean", "sero_param"}) {
        const std::string expected = (reference / ("expected_" + name + ".npz")).string(),
                          series = (folder.path() / "series.npy").string(),
                          output = (folder.path() / "out.npz").string();
        ASSERT_TRUE(
            python("import numpy as n; n.save(\"" + series + "\", n.load(\"" + expected + "\")[\"timeseries\"])"));
        std::vector<std::string> words{"predict",  "--model",  (reference / ("model_" + name + ".pth")).string(),
                                       "--series", series,     "--window",
                                       "20",       "--stride", "3",
                                       "--output", output,     "--json"};
        // Sum and mean leave the same weights; the sum is the public code's own, so only the mean has to be told.
        if (name == "garo_mean") words.insert(words.end(), {"--pooling", "mean"});
        const Outcome outcome = chronnectCli(words);
        ASSERT_EQ(outcome.code, 0) << outcome.err;
        EXPECT_EQ(outcome.json()["windows"].number(), 40);
        EXPECT_TRUE(python("import numpy as n; a=n.load(\"" + output + "\"); e=n.load(\"" + expected +
                           "\"); [n.testing.assert_allclose(a[k], e[k], atol=1e-5, rtol=1e-5) for k in "
                           "(\"logits\",\"node_attention\",\"time_attention\")]"))
            << name;
        if (!python("import torch")) continue;
        const std::string peer = "/usr/bin/python3 " CHRONNECT_SOURCE "/tests/app/cli/checkpoint_peer.py " + name + " ";
        EXPECT_EQ(std::system((peer + output).c_str()), 0) << name;
    }
    const auto pooled = [&](const std::string& name, const std::string& pooling) {
        return chronnectCli({"predict", "--model", (reference / ("model_" + name + ".pth")).string(), "--series",
                             "none.npy", "--pooling", pooling, "--output", (folder.path() / "out.npz").string()});
    };
    EXPECT_THAT(pooled("sero_param", "mean").err, HasSubstr("pools by param"));
    EXPECT_THAT(pooled("garo_mean", "param").err, HasSubstr("no token"));
    EXPECT_EQ(pooled("garo_mean", "median").code, 3);
}
