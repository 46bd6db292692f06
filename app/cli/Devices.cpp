#include "app/cli/Command.h"
#include "app/cli/Learning.h"

namespace chronnect::cli {

namespace {

class Devices : public Command {
public:
    std::string name() const override { return "devices"; }
    std::string summary() const override { return "What training can run on here, and what is missing"; }
    std::string example() const override { return "chronnect-cli devices --json"; }
    void declare(Arguments&) override {}
    std::string missing() const override { return missingLearning(); }

    Json run(const Arguments&, Console& console) override {
        const DeviceReport report = learningEngine()->devices();
        console.say(report.library + ", matrix library " + report.blas);
        for (const auto& device : report.devices)
            console.say("  " + device.name + "  " + device.description +
                        (device.usable ? "" : "  not usable: " + device.problem));
        console.notices(report.notices);
        return toJson(report);
    }
};

}  // namespace

std::unique_ptr<Command> makeDevices() { return std::make_unique<Devices>(); }

}  // namespace chronnect::cli
