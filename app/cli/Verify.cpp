#include "app/cli/Command.h"
#include "core/base/Files.h"

#ifdef CHRONNECT_HAS_PIPELINE
#include "core/pipeline/Parity.h"
#endif

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace chronnect::cli {

namespace {

class Verify : public Command {
public:
    std::string name() const override { return "verify"; }
    std::string summary() const override { return "Compares what this program computes with values of other programs"; }
    std::string details() const override {
        return "Computes filters, cleaning, connectivity and graph measures from inputs that the program carries and compares them with "
               "the values that nilearn, scipy, networkx and bctpy gave for the same inputs. Each line shows the pair of numbers that "
               "differs most, |ours - reference| / max(1, |reference|), and the tolerance. Exit code 0: all agree; 2: not all.";
    }
    std::string example() const override { return "chronnect-cli verify --json"; }

    void declare(Arguments&) override {}

    std::string missing() const override {
#ifdef CHRONNECT_HAS_PIPELINE
        return {};
#else
        return "This build carries no reference values: configure it with -DCHRONNECT_IMAGING=ON.";
#endif
    }

    Json run(const Arguments&, Console& console) override {
#ifdef CHRONNECT_HAS_PIPELINE
        const ParityTable table = compareWithReferences(console.context());
        Json rows = Json::array(), versions = Json::object();
        console.say(line({"quantity", "reference", "values", "ours", "theirs", "difference", "tolerance", ""}));
        std::size_t good = 0;
        for (const ParityRow& row : table.rows) {
            good += row.passes;
            console.say(
                line({row.quantity, row.reference, std::to_string(row.values), digits(row.ours), digits(row.theirs),
                      shortly(row.difference), shortly(row.tolerance), row.passes ? "agrees" : "DIFFERS"}));
            rows.push(Json::object()
                          .set("quantity", row.quantity)
                          .set("reference_program", row.reference)
                          .set("values", row.values)
                          .set("ours", row.ours)
                          .set("reference", row.theirs)
                          .set("difference", std::isfinite(row.difference) ? Json(row.difference) : Json())
                          .set("tolerance", row.tolerance)
                          .set("pass", row.passes));
        }
        std::string packages;
        for (const auto& [name, version] : table.versions) {
            packages += (packages.empty() ? "" : ", ") + name + " " + version;
            versions.set(name, version);
        }
        console.say(std::to_string(good) + " of " + std::to_string(table.rows.size()) + " quantities agree with " +
                    packages);
        m_passes = table.passes();
        return Json::object()
            .set("pass", m_passes)
            .set("agreeing", good)
            .set("rows", std::move(rows))
            .set("versions", std::move(versions))
            .set("not_compared", Json(table.notCompared))
            .set("software", versionText());
#else
        static_cast<void>(console);
        return {};
#endif
    }

    int exitCode() const override { return m_passes ? 0 : 2; }

private:
    static std::string digits(double value) { return text("%.17g", value); }
    static std::string shortly(double value) { return text("%.1e", value); }
    static std::string text(const char* format, double value) {
        char buffer[64];
        std::snprintf(buffer, sizeof buffer, format, value);
        return buffer;
    }
    static std::string line(const std::array<std::string, 8>& cells) {
        constexpr std::array<int, 8> widths{-46, -38, 6, 24, 24, 10, 9, -8};  // negative: to the left
        std::string result;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const auto width = static_cast<std::size_t>(std::abs(widths[i]));
            const std::string gap(cells[i].size() < width ? width - cells[i].size() : 0, ' ');
            result += (i ? " " : "") + (widths[i] < 0 ? cells[i] + gap : gap + cells[i]);
        }
        return result;
    }

    bool m_passes = true;
};

}  // namespace

std::unique_ptr<Command> makeVerify() { return std::make_unique<Verify>(); }

}  // namespace chronnect::cli
