#include "core/base/Error.h"
#include "core/learning/Scores.h"
#include "core/model/detail/Precision.h"
#include "core/train/detail/Passport.h"
#include "core/train/detail/PretrainLoop.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace chronnect::train {

namespace {

/// The items of part `part` of `parts`, sizes differing by one at most.
std::vector<std::size_t> partOf(const std::vector<std::size_t>& items, int part, int parts, std::size_t& from) {
    const auto shard = distributed::shardOf(items.size(), part, parts);
    from = shard.from;
    return {items.begin() + static_cast<std::ptrdiff_t>(shard.from),
            items.begin() + static_cast<std::ptrdiff_t>(shard.to)};
}

}  // namespace

int Pretraining::cropLength() const {
    return m_spec.cropVolumes > 0 ? m_spec.cropVolumes : m_cohort.shortest(m_training);
}

int Pretraining::scansAtATime() const {
    const int own = std::max(1, m_batch / m_together->size());  // the smallest share, so that all take as many parts
    const int parts = std::clamp(m_parts, 1, own);
    return (own + parts - 1) / parts;
}

Batch Pretraining::batchFor(const std::vector<std::size_t>& scans, std::size_t place, int first) const {
    Batch batch = makeBatch(m_cohort, scans, first, cropLength(), m_spec.graph, m_compute);
    batch.place = place;
    return batch;
}

void Pretraining::readAhead(int step) const {
    if (step >= m_spec.steps) return;
    std::size_t place = 0;
    m_cohort.readAhead(m_together->own(scansOf(step), place));
}

std::map<std::string, double> Pretraining::forwardBackward(int step) {
    Random random = Random(static_cast<std::uint64_t>(m_spec.seed)).stream("step " + std::to_string(step));
    torch::manual_seed(random.bits());
    const auto scans = scansOf(step);
    const int room = m_cohort.shortest(scans) - cropLength();
    const int first = static_cast<int>(random.below(static_cast<std::size_t>(std::max(0, room)) + 1));
    std::size_t place = 0;
    const auto own = m_together->own(scans, place);
    const int parts = std::clamp(m_parts, 1, std::max(1, m_batch / m_together->size()));
    m_adam->clearGradients();
    std::map<std::string, double> sum;
    for (int part = 0; part < parts; ++part) {
        std::size_t from = 0;
        const Batch batch = batchFor(partOf(own, part, parts, from), place + from, first);
        if (part + 1 == parts) readAhead(step + 1);
        Random same = random;  // masks are drawn by the scan's place in the batch, so parts draw what the whole would
        Losses losses;
        {
            const model::InPrecision products(m_compute.precision, m_compute.device);
            losses = m_objective->losses(m_encoder, batch, same, m_compute);
        }
        const double share = static_cast<double>(batch.scans.size()) / static_cast<double>(scans.size());
        (losses.total * share).backward();
        for (const auto& [name, value] : losses.values()) sum[name] += share * value;
    }
    m_together->sumLosses(sum);
    if (!std::isfinite(sum["total"])) reportBadLoss(step, sum, scans);
    m_together->sumGradients(m_adam->parameters());
    return sum;
}

void Pretraining::reportBadLoss(int step, const std::map<std::string, double>& losses,
                                const std::vector<std::size_t>& scans) const {
    std::string parts, names;
    for (const auto& [name, value] : losses)
        if (name != "total" && !std::isfinite(value)) parts += (parts.empty() ? "" : ", ") + name;
    for (std::size_t i = 0; i < scans.size() && i < 3; ++i)
        names += (i ? ", " : "") + m_cohort.source().info(scans[i]).id;
    if (scans.size() > 3) names += " and " + std::to_string(scans.size() - 3) + " more";
    throw Error(ErrorKind::Numerical, "The loss is no number at step " + std::to_string(step + 1) +
                                          " (part: " + (parts.empty() ? "the weighted sum" : parts) +
                                          "; scans: " + names + "); lower the learning rate or look at these scans");
}

void Pretraining::checkGradients(int step, double norm) const {
    if (std::isfinite(norm)) return;
    std::string where = "all together";
    const auto look = [&](const torch::nn::Module& module, const std::string& owner) {
        for (const auto& item : module.named_parameters())
            if (item.value().grad().defined() && !item.value().grad().isfinite().all().item<bool>()) {
                where = owner + item.key();
                return true;
            }
        return false;
    };
    if (!look(*m_encoder, "encoder.")) look(*m_objective, "objective.");
    throw Error(ErrorKind::Numerical, "A gradient is no number at step " + std::to_string(step + 1) + " (first in " +
                                          where + "); lower the learning rate or clip the gradients");
}

TrainingSnapshot Pretraining::takeStep(int step) {
    m_encoder->train();
    m_objective->train();
    const auto encoderBuffers = copyBuffers(*m_encoder), objectiveBuffers = copyBuffers(*m_objective);
    TrainingSnapshot snapshot;
    try {
        snapshot.losses = forwardBackward(step);
        snapshot.gradientNorm = clipGradients(m_adam->parameters(), m_spec.gradientClip);
        checkGradients(step, snapshot.gradientNorm);
    } catch (...) {
        restoreBuffers(*m_encoder, encoderBuffers);
        restoreBuffers(*m_objective, objectiveBuffers);
        throw;
    }
    snapshot.learningRate = warmCosine(step, m_spec.steps, m_spec.learningRate, m_spec.warmup);
    m_adam->step(snapshot.learningRate);
    m_objective->afterStep(m_encoder, static_cast<double>(step + 1) / m_spec.steps);
    m_done = step + 1;
    snapshot.step = step + 1;
    snapshot.steps = m_spec.steps;
    snapshot.phase = "training";
    return snapshot;
}

bool Pretraining::halveParts(int step) {
    const int parts = m_together->alone() ? partsOfHalf(m_batch, std::clamp(m_parts, 1, m_batch)) : 0;
    if (parts == 0) return false;
    m_parts = parts;
    m_notices.push_back({Severity::Warning, "Memory ran out at step " + std::to_string(step + 1) +
                                                "; training goes on with " + std::to_string(scansAtATime()) +
                                                " scans at a time, still " + std::to_string(m_batch) + " per step"});
    return true;
}

TrainingSnapshot Pretraining::takeStepSafely(int step) {
    for (;;) {
        try {
            m_compute.check();
            return takeStep(step);
        } catch (const Cancelled&) {
            save();
            throw;
        } catch (const std::exception& error) {
            m_adam->clearGradients();
            if (m_compute.context.stopRequested()) {
                save();
                throw Cancelled{};
            }
            if (isOutOfMemory(error) && halveParts(step)) continue;
            const auto* own = dynamic_cast<const Error*>(&error);
            if (own && own->kind() == ErrorKind::Numerical) save();  // the state before the bad step
            throw;
        }
    }
}

std::string collapseAlarm(double effectiveRank, std::int64_t width) {
    if (effectiveRank >= std::max(2.0, 0.02 * static_cast<double>(width))) return {};
    return "The codes have collapsed: their effective rank is " + Json(std::round(effectiveRank * 10) / 10).dump(-1) +
           " of " + std::to_string(width) + ", so nearly all regions and windows look alike to the network";
}

double effectiveRankOf(const torch::Tensor& codes) {
    const torch::NoGradGuard noGradient;
    const auto flat = codes.flatten(0, -2);
    const auto step = std::max<std::int64_t>(1, flat.size(0) / 2048);
    auto some = flat.slice(0, 0, flat.size(0), step).to(torch::kCPU, torch::kDouble);
    some = some - some.mean(0, true);
    const auto values = torch::linalg_svdvals(some).contiguous();
    const double rank = effectiveRank({values.data_ptr<double>(), values.data_ptr<double>() + values.numel()});
    return rank >= 1 ? rank : 1;  // codes that are all the same point nowhere
}

double Pretraining::rankOf(const Batch& batch) {
    Random random = Random(static_cast<std::uint64_t>(m_spec.seed)).stream("rank");
    const Masks masks = m_objective->drawMasks(batch, random);
    return effectiveRankOf(m_objective->view(m_encoder, batch, masks, random, m_compute).latent);
}

void Pretraining::validate(TrainingSnapshot& snapshot) {
    const torch::NoGradGuard noGradient;
    m_encoder->eval();
    m_objective->eval();
    const auto& scans = m_watched.empty() ? m_training : m_watched;
    const std::size_t count = std::min(scans.size(), static_cast<std::size_t>(4 * m_batch));
    const auto atATime = static_cast<std::size_t>(scansAtATime());
    std::map<std::string, double> parts;
    for (std::size_t from = 0; from < count; from += atATime) {
        const std::size_t to = std::min(count, from + atATime);
        const Batch batch = batchFor(
            {scans.begin() + static_cast<std::ptrdiff_t>(from), scans.begin() + static_cast<std::ptrdiff_t>(to)}, from,
            0);
        if (from == 0) snapshot.effectiveRank = rankOf(batch);
        if (m_watched.empty()) break;
        Random random = Random(static_cast<std::uint64_t>(m_spec.seed)).stream("validation");
        for (const auto& [name, value] : m_objective->losses(m_encoder, batch, random, m_compute).values())
            parts[name] += value * static_cast<double>(to - from) / static_cast<double>(count);
    }
    m_validated = m_done;
    snapshot.alarm = collapseAlarm(snapshot.effectiveRank, m_spec.network.hidden);
    if (!snapshot.alarm.empty() && !m_alarmed && m_done < m_spec.steps)
        m_notices.push_back({Severity::Warning, "At step " + std::to_string(m_done) + ": " + snapshot.alarm});
    m_alarmed = !snapshot.alarm.empty();
    if (parts.empty()) return;
    snapshot.losses["validation total"] = parts["total"];
    judge(m_objective->comparable(parts));
}

void Pretraining::judge(double loss) {
    if (!std::isfinite(loss) || (m_best.step > 0 && loss >= m_best.loss)) return;
    m_best.step = m_done;
    m_best.loss = loss;
    m_best.first = copyAll(*m_encoder);
    m_best.second = copyAll(*m_objective);
}

}  // namespace chronnect::train
