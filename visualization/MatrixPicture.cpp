#include "visualization/MatrixPicture.h"

#include "core/base/Error.h"
#include "core/data/Connectivity.h"
#include "visualization/ColorMap.h"

#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkStdString.h>
#include <vtkTextProperty.h>
#include <vtkTextRenderer.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace chronnect {

namespace {

constexpr Rgb noNumber{160, 160, 160}, border{30, 30, 30};  // cells are light on either background

/// A picture that can be drawn on; places count from the top left.
class Canvas {
public:
    Canvas(int width, int height, const Rgb& background)
        : m_picture{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3)} {
        fill(0, 0, width, height, background);
    }

    void set(int x, int y, const Rgb& colour) {
        if (x < 0 || y < 0 || x >= m_picture.width || y >= m_picture.height) return;
        std::copy(colour.begin(), colour.end(), m_picture.rgb.begin() + offset(x, y));
    }

    void fill(int x, int y, int width, int height, const Rgb& colour) {
        for (int row = y; row < y + height; ++row)
            for (int column = x; column < x + width; ++column) set(column, row, colour);
    }

    void text(int x, int y, vtkImageData* letters, const std::array<int, 2>& size) {
        for (int row = 0; row < size[1]; ++row)
            for (int column = 0; column < size[0]; ++column)
                blend(x + column, y + size[1] - 1 - row, letters, column, row);
    }

    Picture take() { return std::move(m_picture); }

private:
    std::ptrdiff_t offset(int x, int y) const { return (static_cast<std::ptrdiff_t>(y) * m_picture.width + x) * 3; }

    void blend(int x, int y, vtkImageData* letters, int column, int row) {
        if (x < 0 || y < 0 || x >= m_picture.width || y >= m_picture.height) return;
        const int* extent = letters->GetExtent();
        const auto* pixel =
            static_cast<const std::uint8_t*>(letters->GetScalarPointer(extent[0] + column, extent[2] + row, 0));
        if (!pixel || letters->GetNumberOfScalarComponents() < 4) return;
        for (int channel = 0; channel < 3; ++channel) {
            std::uint8_t& below = m_picture.rgb[static_cast<std::size_t>(offset(x, y) + channel)];
            below = static_cast<std::uint8_t>((below * (255 - pixel[3]) + pixel[channel] * pixel[3] + 127) / 255);
        }
    }

    Picture m_picture;
};

/// Writes text of one size and colour, and knows how much room it takes.
class Pen {
public:
    Pen(int pixels, const Rgb& colour) {
        m_property->SetFontFamilyToArial();
        m_property->SetFontSize(pixels);
        m_property->SetColor(colour[0] / 255.0, colour[1] / 255.0, colour[2] / 255.0);
    }

    std::array<int, 2> sizeOf(const std::string& text) {
        std::array<int, 2> size{0, 0};
        if (text.empty() || !vtkTextRenderer::GetInstance()) return size;
        // One point is one pixel at 72 dots an inch.
        vtkTextRenderer::GetInstance()->RenderString(m_property.Get(), vtkStdString(text), m_letters.Get(), size.data(),
                                                     72);
        return size;
    }

    /// `right` and `middle` say which point of the text (x, y) is: its left or right end, its top or middle.
    void write(Canvas& canvas, int x, int y, const std::string& text, bool right, bool middle) {
        const auto size = sizeOf(text);
        if (size[0] > 0) canvas.text(right ? x - size[0] : x, middle ? y - size[1] / 2 : y, m_letters, size);
    }

private:
    vtkNew<vtkTextProperty> m_property;
    vtkNew<vtkImageData> m_letters;
};

void check(const MatrixRequest& request) {
    const std::size_t count = request.parcellation.regions.size();
    const auto refuse = [](const std::string& why) {
        throw Error(ErrorKind::BadInput, "Cannot draw the matrix: " + why);
    };
    if (request.width < 16 || request.height < 16 || request.width > 16384 || request.height > 16384)
        refuse("the picture must be 16 to 16384 pixels wide and high");
    if (count < 2) refuse("it needs at least 2 regions");
    if (request.weights.size() != edgeCountOf(count))
        refuse(std::to_string(request.weights.size()) + " weights do not fit " + std::to_string(count) + " regions (" +
               std::to_string(edgeCountOf(count)) + " pairs)");
}

/// A stretch of rows with one name.
struct Block {
    std::string name;
    std::size_t first = 0, count = 0;
    Rgb colour{};
    bool network = false;
};

std::vector<Block> blocksOf(const Parcellation& parcellation, const std::vector<std::size_t>& order, std::size_t room) {
    std::vector<Block> blocks;
    for (std::size_t row = 0; row < order.size(); ++row) {
        const std::string& network = parcellation.regions[order[row]].network;
        if (row == 0 || network != parcellation.regions[order[row - 1]].network)
            blocks.push_back({network, row, 0, networkColour(network), true});
        ++blocks.back().count;
    }
    if (blocks.size() > 1 || !blocks.front().name.empty()) return blocks;
    blocks.clear();
    const std::size_t step = (order.size() + std::max<std::size_t>(room, 1) - 1) / std::max<std::size_t>(room, 1);
    for (std::size_t row = 0; row < order.size(); row += step)
        blocks.push_back({parcellation.regions[order[row]].name, row, 1, noNumber, false});
    return blocks;
}

double rangeOf(const std::vector<float>& weights) {
    double range = 1;
    for (const float weight : weights)
        if (std::isfinite(weight)) range = std::max(range, std::abs(static_cast<double>(weight)));
    return range;
}

std::string numberText(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

struct Frame {
    int left = 0, top = 0, side = 0, letters = 0;
};

void drawCells(Canvas& canvas, const MatrixRequest& request, const std::vector<std::size_t>& order, double range,
               const Frame& frame) {
    const auto side = static_cast<std::size_t>(frame.side);
    for (std::size_t y = 0; y < side; ++y)
        for (std::size_t x = 0; x < side; ++x) {
            const std::size_t a = order[y * order.size() / side], b = order[x * order.size() / side];
            // A region with itself is no measurement.
            const double value =
                a == b ? std::nan("") : request.weights[edgeIndex(std::min(a, b), std::max(a, b), order.size())];
            const Rgb colour = std::isfinite(value) ? signedColor(value, range) : noNumber;
            canvas.set(frame.left + static_cast<int>(x), frame.top + static_cast<int>(y), colour);
        }
}

void drawBlocks(Canvas& canvas, Pen& pen, const std::vector<Block>& blocks, std::size_t rows, const Frame& frame) {
    const int strip = std::max(4, frame.letters / 2);
    const auto at = [&](std::size_t row) {
        return static_cast<int>(row * static_cast<std::size_t>(frame.side) / rows);
    };
    int free = frame.top - frame.letters;  // names that would run into one another are left out
    for (const Block& block : blocks) {
        const int from = at(block.first), to = at(block.first + block.count), middle = frame.top + (from + to) / 2;
        if (block.network) {
            canvas.fill(frame.left - strip - 2, frame.top + from, strip, to - from, block.colour);
            if (block.first > 0) {
                canvas.fill(frame.left, frame.top + from, frame.side, 1, border);
                canvas.fill(frame.left + from, frame.top, 1, frame.side, border);
            }
        }
        if (middle - frame.letters / 2 < free) continue;
        pen.write(canvas, frame.left - strip - 6, middle, block.name.empty() ? "no network" : block.name, true, true);
        free = middle + frame.letters / 2 + 2;
    }
}

void drawBar(Canvas& canvas, Pen& pen, const MatrixRequest& request, double range, const Frame& frame) {
    const int width = frame.letters, left = frame.left + frame.side + frame.letters,
              top = frame.top + 2 * frame.letters;
    const int height = frame.side - 5 * frame.letters;
    if (height < 2 * frame.letters) return;
    pen.write(canvas, left, frame.top, request.measure, false, false);
    for (int y = 0; y < height; ++y)
        canvas.fill(left, top + y, width, 1, signedColor(range * (1 - 2.0 * y / (height - 1)), range));
    for (const double share : {1.0, 0.5, 0.0, -0.5, -1.0})
        pen.write(canvas, left + width + 4, top + static_cast<int>((1 - share) / 2 * (height - 1)),
                  numberText(share * range), false, true);
    canvas.fill(left, top + height + frame.letters, width, width, noNumber);
    pen.write(canvas, left + width + 4, top + height + frame.letters + width / 2, "diagonal or n/a", false, true);
}

}  // namespace

Picture renderMatrix(const MatrixRequest& request) {
    check(request);
    const Rgb ink = request.dark ? Rgb{220, 220, 220} : Rgb{40, 40, 40};
    Canvas canvas(request.width, request.height, request.dark ? Rgb{24, 24, 27} : Rgb{255, 255, 255});
    Frame frame;
    frame.letters = std::max(10, std::min(request.width, request.height) / 60);
    Pen pen(frame.letters, ink);
    const auto order = request.parcellation.networkOrder();
    const int tall = request.height - 4 * frame.letters;
    const auto blocks =
        blocksOf(request.parcellation, order, static_cast<std::size_t>(std::max(1, tall / (frame.letters + 2))));
    int names = 0;
    for (const Block& block : blocks) names = std::max(names, pen.sizeOf(block.name)[0]);
    names = std::min(names, request.width / 3);
    const int bar = 2 * frame.letters + 4 + std::max(pen.sizeOf("diagonal or n/a")[0], pen.sizeOf(request.measure)[0]);
    frame.left = names + 2 * frame.letters;
    frame.top = 3 * frame.letters;
    frame.side = std::min(tall, request.width - frame.left - bar - frame.letters);
    if (frame.side < 16) {  // no room for anything beside the cells
        frame = {0, 0, std::min(request.width, request.height), frame.letters};
        drawCells(canvas, request, order, rangeOf(request.weights), frame);
        return canvas.take();
    }
    const double range = rangeOf(request.weights);
    pen.write(canvas, frame.left, frame.letters, request.title, false, false);
    drawCells(canvas, request, order, range, frame);
    drawBlocks(canvas, pen, blocks, order.size(), frame);
    drawBar(canvas, pen, request, range, frame);
    return canvas.take();
}

}  // namespace chronnect
