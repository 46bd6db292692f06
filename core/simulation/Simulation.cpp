#include "core/simulation/Simulation.h"

#include "core/base/Error.h"
#include "core/base/NumberText.h"
#include "core/simulation/SimulationParts.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>

namespace chronnect {

namespace {

constexpr std::size_t networkCount = 6;
constexpr std::size_t fingerprintFactors = 10;
constexpr double localVariance = 0.6;
constexpr double hrfSeconds = 32;

/// Which networks go together in a state. Any two rows share at most four signs, so that states look different.
constexpr int statePatterns[8][networkCount] = {{1, 1, 1, 1, 1, 1},    {1, 1, 1, -1, -1, -1}, {1, -1, -1, 1, 1, -1},
                                                {-1, 1, -1, 1, -1, 1}, {-1, -1, 1, 1, -1, 1}, {1, -1, 1, -1, -1, 1},
                                                {-1, 1, 1, 1, -1, -1}, {1, 1, -1, 1, -1, -1}};
constexpr double patternStrength = 0.75;

std::string padded(std::size_t number, std::size_t largest) {
    const auto width = std::max<std::size_t>(2, std::to_string(largest).size());
    std::string text = std::to_string(number);
    return std::string(width - std::min(width, text.size()), '0') + text;
}

std::vector<std::vector<double>> makeStateCoupling(int states) {
    const auto count = static_cast<std::size_t>(states == 1 ? 4 : states);
    std::vector<std::vector<double>> all(count, std::vector<double>(networkCount * networkCount));
    for (std::size_t s = 0; s < count; ++s)
        for (std::size_t a = 0; a < networkCount; ++a)
            for (std::size_t b = 0; b < networkCount; ++b)
                all[s][a * networkCount + b] = a == b ? 1 : patternStrength * statePatterns[s][a] * statePatterns[s][b];
    if (states > 1) return all;
    // Without dynamics: the average of the usual states, so that static connectivity stays comparable.
    std::vector<double> mean(networkCount * networkCount, 0);
    for (const auto& state : all)
        for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += state[i] / static_cast<double>(count);
    return {mean};
}

std::vector<SimulatedSubject> drawSubjects(const SimulationSpec& spec) {
    const auto count = static_cast<std::size_t>(spec.subjects);
    const Random root(static_cast<std::uint64_t>(spec.seed));
    const auto groups = Random(root.stream("groups")).permutation(count);
    const auto sites = Random(root.stream("sites")).permutation(count);
    std::vector<SimulatedSubject> subjects(count);
    for (std::size_t i = 0; i < count; ++i) {
        SimulatedSubject& s = subjects[i];
        s.id = padded(i + 1, count);
        Random random = root.stream("subject " + s.id);
        s.age = std::round(random.uniform(20, 80) * 10) / 10;
        s.sex = random.uniform() < 0.5 ? "F" : "M";
        s.site = sites[i] % 2 ? "B" : "A";
        s.group = groups[i] % 2 ? "patient" : "control";
        s.firstStateDwell = spec.dwellSeconds * (groups[i] % 2 ? spec.groupDwellRatio : 1.0);
        s.sharedVariance = spec.ageEffect * 0.9 * (s.age - 20) / 60;
        s.noiseLevel = spec.noise * (sites[i] % 2 ? 1.4 : 1.2);
        s.motionRate = spec.motion * 0.5 * random.gamma(2, 0.5);
    }
    return subjects;
}

/// Hidden state at every fine step: semi-Markov, gamma-distributed stays (shape 4), a preference for the next state.
std::vector<int> drawStates(const SimulationSpec& spec, const SimulatedSubject& subject, std::size_t steps, double dt,
                            Random random) {
    std::vector<int> states(steps, 0);
    if (spec.states == 1) return states;
    const auto count = static_cast<std::size_t>(spec.states);
    std::size_t state = random.below(count);
    // The first stay began before the recording did.
    double left = random.uniform() * (state == 0 ? subject.firstStateDwell : spec.dwellSeconds);
    for (std::size_t t = 0; t < steps; ++t) {
        while (left <= 0) {
            const std::size_t jump = random.uniform() < 0.5 ? 1 : 1 + random.below(count - 1);
            state = (state + jump) % count;
            left += random.gamma(4, (state == 0 ? subject.firstStateDwell : spec.dwellSeconds) / 4);
        }
        states[t] = static_cast<int>(state);
        left -= dt;
    }
    return states;
}

/// Canonical double gamma (peak at 5 s, undershoot at 15 s, ratio 1/6) sampled every dt.
std::vector<double> haemodynamicResponse(double dt) {
    std::vector<double> response;
    for (double t = 0; t <= hrfSeconds; t += dt)
        response.push_back(std::pow(t, 5) * std::exp(-t) / 120.0 -
                           std::pow(t, 15) * std::exp(-t) / 1307674368000.0 / 6);
    return response;
}

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Cholesky factors of every state's network covariance.
std::vector<RowMatrix> stateFactors(const SimulatedStudy& study) {
    std::vector<RowMatrix> factors;
    for (const auto& coupling : study.stateCoupling) {
        const Eigen::Map<const RowMatrix> c(coupling.data(), networkCount, networkCount);
        factors.emplace_back(Eigen::LLT<RowMatrix>(c).matrixL());
    }
    return factors;
}

/// A person's own pattern: regions x factors, the same in every session.
RowMatrix fingerprintOf(const SimulatedStudy& study, const SimulatedSubject& subject) {
    Random random = Random(static_cast<std::uint64_t>(study.spec.seed)).stream("fingerprint " + subject.id);
    RowMatrix result(study.loadings.size(), fingerprintFactors);
    const double scale = 1.5 * study.spec.fingerprint / std::sqrt(static_cast<double>(fingerprintFactors));
    for (Eigen::Index i = 0; i < result.size(); ++i) result.data()[i] = scale * random.normal();
    return result;
}

/// Neural activity, steps x regions.
RowMatrix drawActivity(const SimulatedStudy& study, const SimulatedSubject& subject, const std::vector<int>& states,
                       Random random) {
    const auto regions = static_cast<Eigen::Index>(study.loadings.size());
    const auto factors = stateFactors(study);
    const RowMatrix own = fingerprintOf(study, subject);
    const double shared = std::sqrt(subject.sharedVariance), unit = 1 / std::sqrt(1 + subject.sharedVariance);
    RowMatrix activity(states.size(), regions);
    Eigen::VectorXd white(networkCount), network(networkCount), traits(fingerprintFactors);
    for (Eigen::Index t = 0; t < activity.rows(); ++t) {
        for (auto& z : white) z = random.normal();
        for (auto& z : traits) z = random.normal();
        const double common = shared * random.normal();
        network.noalias() = factors[static_cast<std::size_t>(states[static_cast<std::size_t>(t)])] * white;
        const Eigen::VectorXd trait = own * traits;
        for (Eigen::Index n = 0; n < regions; ++n) {
            const auto region = static_cast<std::size_t>(n);
            const double signal = (network(static_cast<Eigen::Index>(study.networkOf[region])) + common) * unit;
            activity(t, n) = study.loadings[region] * signal + trait(n) + std::sqrt(localVariance) * random.normal();
        }
    }
    return activity;
}

/// Convolves, takes the volumes' moments and standardizes every region (population variance).
void fillSeries(TimeSeries& series, const RowMatrix& activity, const std::vector<double>& response,
                std::size_t firstStep, std::size_t stepsPerVolume, std::size_t volumes) {
    const auto regions = static_cast<std::size_t>(activity.cols());
    series.values.assign(volumes * regions, 0);
    for (std::size_t v = 0; v < volumes; ++v)
        for (std::size_t k = 0; k < response.size(); ++k) {
            const double* row = activity.data() + (firstStep + v * stepsPerVolume - k) * regions;
            for (std::size_t n = 0; n < regions; ++n) series.values[v * regions + n] += response[k] * row[n];
        }
    for (std::size_t n = 0; n < regions; ++n) {
        double mean = 0, squares = 0;
        for (std::size_t v = 0; v < volumes; ++v) mean += series.at(v, n) / static_cast<double>(volumes);
        for (std::size_t v = 0; v < volumes; ++v) squares += std::pow(series.at(v, n) - mean, 2);
        const double deviation = std::sqrt(squares / static_cast<double>(volumes));
        for (std::size_t v = 0; v < volumes; ++v) series.at(v, n) = (series.at(v, n) - mean) / deviation;
    }
}

}  // namespace

std::size_t SimulatedStudy::subjectOf(std::size_t run) const {
    if (run >= runs.size()) throw Error(ErrorKind::BadInput, "The simulated study has no run " + std::to_string(run));
    const auto found = std::find_if(subjects.begin(), subjects.end(),
                                    [&](const SimulatedSubject& s) { return s.id == runs[run].first; });
    return static_cast<std::size_t>(found - subjects.begin());
}

SimulatedStudy simulateStudy(const SimulationSpec& spec) {
    if (spec.subjects < 1 || spec.secondSessions < 0 || spec.secondSessions > spec.subjects)
        throw Error(ErrorKind::BadInput, "The study has " + std::to_string(spec.subjects) + " subjects, of whom " +
                                             std::to_string(spec.secondSessions) + " cannot come twice");
    if (spec.volumes < 20 || spec.states < 1 || spec.states > 8 || !(spec.repetitionTime > 0) ||
        !(spec.dwellSeconds > 0))
        throw Error(ErrorKind::BadInput, "A simulated run needs at least 20 volumes, 1 to 8 states and positive times");
    SimulatedStudy study;
    study.spec = spec;
    study.parcellation = dosenbachParcellation();
    study.networks = study.parcellation.networks();
    if (study.networks.size() != networkCount)
        throw Error(ErrorKind::Internal, "The state patterns expect six networks");
    Random random = Random(static_cast<std::uint64_t>(spec.seed)).stream("regions");
    for (const auto& region : study.parcellation.regions) {
        const auto found = std::find(study.networks.begin(), study.networks.end(), region.network);
        study.networkOf.push_back(static_cast<std::size_t>(found - study.networks.begin()));
        study.loadings.push_back(std::clamp(1 + 0.2 * random.normal(), 0.5, 1.5));
    }
    study.stateCoupling = makeStateCoupling(spec.states);
    study.subjects = drawSubjects(spec);
    study.participants.columns = {"participant_id", "age", "sex", "site", "group"};
    for (std::size_t i = 0; i < study.subjects.size(); ++i) {
        const auto& s = study.subjects[i];
        study.participants.rows.push_back({"sub-" + s.id, fixedText(s.age, 1), s.sex, s.site, s.group});
        study.runs.emplace_back(s.id, spec.secondSessions > 0 ? "1" : "");
        if (i < static_cast<std::size_t>(spec.secondSessions)) study.runs.emplace_back(s.id, "2");
    }
    return study;
}

SimulatedRun simulateRun(const SimulatedStudy& study, std::size_t run) {
    const SimulationSpec& spec = study.spec;
    const SimulatedSubject& subject = study.subjects[study.subjectOf(run)];
    SimulatedRun result;
    result.subject = study.runs[run].first;
    result.session = study.runs[run].second;
    const Random random =
        Random(static_cast<std::uint64_t>(spec.seed)).stream("run " + result.subject + " " + result.session);

    const auto stepsPerVolume = static_cast<std::size_t>(std::max(1.0, std::ceil(spec.repetitionTime / 0.5)));
    const double dt = spec.repetitionTime / static_cast<double>(stepsPerVolume);
    const auto volumes = static_cast<std::size_t>(spec.volumes);
    const std::vector<double> response = haemodynamicResponse(dt);
    const std::size_t firstStep = response.size();
    const auto states = drawStates(spec, subject, firstStep + volumes * stepsPerVolume, dt, random.stream("states"));
    for (std::size_t v = 0; v < volumes; ++v) result.states.push_back(states[firstStep + v * stepsPerVolume]);

    result.series.regions = study.parcellation.names();
    result.series.repetitionTime = spec.repetitionTime;
    fillSeries(result.series, drawActivity(study, subject, states, random.stream("activity")), response, firstStep,
               stepsPerVolume, volumes);
    const auto motion = simulation::drawMotion(spec, subject, random.stream("motion"));
    result.artefacts = simulation::drawArtefacts(spec, motion, random.stream("artefacts"));
    result.confounds = simulation::makeConfounds(study, subject, motion, result.artefacts,
                                                 observedSeries(study, result), random.stream("tissue"));
    return result;
}

TimeSeries observedSeries(const SimulatedStudy& study, const SimulatedRun& run) {
    constexpr double voxelsPerRegion = 8;
    TimeSeries result = run.series;
    const auto subject = std::find_if(study.subjects.begin(), study.subjects.end(),
                                      [&](const SimulatedSubject& s) { return s.id == run.subject; });
    Random random =
        Random(static_cast<std::uint64_t>(study.spec.seed)).stream("thermal " + run.subject + " " + run.session);
    const double thermal = subject->noiseLevel / std::sqrt(voxelsPerRegion);
    for (std::size_t n = 0; n < result.regionCount(); ++n) {
        const auto artefact = simulation::artefactAt(run.artefacts, study.parcellation.regions[n].centre);
        for (std::size_t v = 0; v < result.volumeCount(); ++v)
            result.at(v, n) += artefact[v] + thermal * random.normal();
    }
    return result;
}

std::vector<double> plantedConnectivity(const SimulatedStudy& study, std::size_t state) {
    if (state >= study.stateCoupling.size())
        throw Error(ErrorKind::BadInput, "The simulated study has no state " + std::to_string(state));
    const auto& coupling = study.stateCoupling[state];
    std::vector<double> edges;
    const std::size_t n = study.loadings.size();
    const auto variance = [&](std::size_t i) { return study.loadings[i] * study.loadings[i] + localVariance; };
    for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = a + 1; b < n; ++b)
            edges.push_back(study.loadings[a] * study.loadings[b] *
                            coupling[study.networkOf[a] * networkCount + study.networkOf[b]] /
                            std::sqrt(variance(a) * variance(b)));
    return edges;
}

}  // namespace chronnect
