#include "visualization/detail/OutlineCache.h"

#include "core/base/Files.h"
#include "visualization/Outline.h"
#include "visualization/detail/BrainOutline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <mutex>
#include <string>

namespace chronnect {

namespace {

struct Kept {
    std::string key;
    vtkSmartPointer<vtkPolyData> surface;  ///< null where there is none: that is known, too
};

/// The latest few: a run's mask, the centres of an atlas, and those of another study opened meanwhile.
class OutlineCache {
public:
    template <class Make>
    vtkSmartPointer<vtkPolyData> get(const std::string& key, Make make) {
        {
            const std::lock_guard lock(m_mutex);
            const auto found = std::find_if(m_kept.begin(), m_kept.end(), [&](const Kept& k) { return k.key == key; });
            if (found != m_kept.end()) return copyOf(found->surface);
        }
        const vtkSmartPointer<vtkPolyData> made = make();  // outside the lock: the window may want another one
        const std::lock_guard lock(m_mutex);
        m_kept.push_front({key, made});
        if (m_kept.size() > most) m_kept.pop_back();
        return copyOf(made);
    }

private:
    static vtkSmartPointer<vtkPolyData> copyOf(const vtkSmartPointer<vtkPolyData>& surface) {
        if (!surface) return nullptr;
        const auto copy = vtkSmartPointer<vtkPolyData>::New();
        copy->ShallowCopy(surface);
        return copy;
    }

    static constexpr std::size_t most = 8;
    std::mutex m_mutex;
    std::deque<Kept> m_kept;
};

OutlineCache& cache() {
    static OutlineCache only;
    return only;
}

template <class Number>
void append(std::string& bytes, const Number* values, std::size_t count) {
    bytes.append(reinterpret_cast<const char*>(values), count * sizeof(Number));
}

}  // namespace

bool isLocated(const Region& region) {
    return region.hasCentre &&
           std::all_of(region.centre.begin(), region.centre.end(), [](double c) { return std::isfinite(c); });
}

vtkSmartPointer<vtkPolyData> keptOutline(const Parcellation& parcellation) {
    std::vector<std::array<double, 3>> centres;
    for (const Region& region : parcellation.regions)
        if (isLocated(region)) centres.push_back(region.centre);
    std::string bytes = "centres";
    append(bytes, centres.data(), centres.size());
    return cache().get(sha256(bytes), [&] { return outlineFromCentres(std::move(centres)); });
}

vtkSmartPointer<vtkPolyData> keptOutline(const Volume& mask) {
    std::string bytes = "mask";
    append(bytes, mask.grid.size.data(), mask.grid.size.size());
    append(bytes, mask.grid.affine.data(), mask.grid.affine.size());
    append(bytes, mask.values.data(), mask.values.size());
    return cache().get(sha256(bytes), [&] { return outlineFromMask(mask); });
}

void prepareOutline(const Parcellation& parcellation) { keptOutline(parcellation); }

void prepareOutline(const Volume& mask) { keptOutline(mask); }

}  // namespace chronnect
