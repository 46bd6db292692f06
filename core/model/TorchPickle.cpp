#include "core/model/TorchPickle.h"

#include "core/base/Error.h"
#include "core/base/Files.h"
#include "core/model/detail/StoredZip.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <string_view>

namespace chronnect {

namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorKind::BadInput, why); }

/// What the pickle machine has on its stack.
struct Value {
    enum class Kind { Nothing, Mark, Number, Text, Sequence, Dictionary, Global, Storage, Tensor };
    Kind kind = Kind::Nothing;
    std::int64_t number = 0;
    std::string text;           ///< text, the global's name, or the storage's key
    std::string type;           ///< storage: "FloatStorage"
    std::vector<Value*> items;  ///< sequence; dictionary as key, value, key, value
};
using Handle = Value*;

/// The pickle protocols 2 to 5 as far as PyTorch's files use them. Classes and functions are never looked up:
/// OrderedDict() becomes a dictionary, _rebuild_tensor_v2(...) a tensor, everything else stays an inert value.
class PickleMachine {
public:
    explicit PickleMachine(std::string_view bytes) : m_bytes(bytes) {}
    /// What the pickle stands for; it lives as long as the machine.
    const Value& run();

private:
    Handle make(Value::Kind kind) {
        m_values.emplace_back().kind = kind;
        return &m_values.back();
    }
    template <class T>
    T number() {
        T value;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    std::string_view take(std::size_t size) {
        if (size > m_bytes.size() - m_at) refuse("the pickle ends early");
        const auto part = m_bytes.substr(m_at, size);
        m_at += size;
        return part;
    }
    std::string line() {
        const auto end = m_bytes.find('\n', m_at);
        if (end == std::string_view::npos) refuse("the pickle ends early");
        std::string text(m_bytes.substr(m_at, end - m_at));
        m_at = end + 1;
        return text;
    }
    Handle pop() {
        if (m_stack.empty()) refuse("the pickle is damaged");
        Handle value = m_stack.back();
        m_stack.pop_back();
        return value;
    }
    Handle top() {
        if (m_stack.empty()) refuse("the pickle is damaged");
        return m_stack.back();
    }
    std::vector<Handle> popToMark() {
        std::vector<Handle> items;
        for (;;) {
            Handle value = pop();
            if (value->kind == Value::Kind::Mark) break;
            items.push_back(value);
        }
        std::reverse(items.begin(), items.end());
        return items;
    }
    void push(Handle value) { m_stack.push_back(value); }
    void pushText(std::string_view text) {
        auto value = make(Value::Kind::Text);
        value->text = text;
        push(value);
    }
    void pushNumber(std::int64_t number) {
        auto value = make(Value::Kind::Number);
        value->number = number;
        push(value);
    }
    void pushTuple(std::size_t count) {
        auto value = make(Value::Kind::Sequence);
        for (std::size_t i = 0; i < count; ++i) value->items.insert(value->items.begin(), pop());
        push(value);
    }
    void recall(std::uint32_t key) {
        const auto found = m_memo.find(key);
        if (found == m_memo.end()) refuse("the pickle refers to nothing");
        push(found->second);
    }
    bool scalar(unsigned char code);
    bool container(unsigned char code);
    void reduce();
    void persistent();

    std::string_view m_bytes;
    std::size_t m_at = 0;
    std::deque<Value> m_values;  ///< all that was made: a damaged pickle may hold itself, or nest without end
    std::vector<Handle> m_stack;
    std::map<std::uint32_t, Handle> m_memo;
};

bool PickleMachine::scalar(unsigned char code) {
    switch (code) {
        case 'N': push(make(Value::Kind::Nothing)); return true;
        case 0x88: pushNumber(1); return true;
        case 0x89: pushNumber(0); return true;
        case 'J': pushNumber(number<std::int32_t>()); return true;
        case 'K': pushNumber(number<std::uint8_t>()); return true;
        case 'M': pushNumber(number<std::uint16_t>()); return true;
        case 0x8a: {
            const auto bytes = take(number<std::uint8_t>());
            if (bytes.size() > 8) refuse("the pickle holds a number of more than 64 bits");
            std::int64_t value = !bytes.empty() && (bytes.back() & 0x80) ? -1 : 0;
            std::memcpy(&value, bytes.data(), bytes.size());
            pushNumber(value);
            return true;
        }
        case 'G':
            take(8);
            push(make(Value::Kind::Nothing));
            return true;  // a float: no tensor needs one
        case 'X': pushText(take(number<std::uint32_t>())); return true;
        case 0x8c: pushText(take(number<std::uint8_t>())); return true;
        case 'c': {
            const std::string module = line();
            auto value = make(Value::Kind::Global);
            value->text = module + "." + line();
            push(value);
            return true;
        }
        case 0x93: {
            const Handle name = pop(), module = pop();
            auto value = make(Value::Kind::Global);
            value->text = module->text + "." + name->text;
            push(value);
            return true;
        }
        default: return false;
    }
}

bool PickleMachine::container(unsigned char code) {
    const auto extend = [&](std::vector<Handle> items) {
        auto& target = top()->items;
        target.insert(target.end(), items.begin(), items.end());
    };
    switch (code) {
        case '(': push(make(Value::Kind::Mark)); return true;
        case ')':
        case ']': push(make(Value::Kind::Sequence)); return true;
        case '}': push(make(Value::Kind::Dictionary)); return true;
        case 't': {
            auto items = popToMark();
            auto value = make(Value::Kind::Sequence);
            value->items = std::move(items);
            push(value);
            return true;
        }
        case 0x85: pushTuple(1); return true;
        case 0x86: pushTuple(2); return true;
        case 0x87: pushTuple(3); return true;
        case 'a': {
            const Handle item = pop();
            extend({item});
            return true;
        }
        case 's': {
            const Handle item = pop(), key = pop();
            extend({key, item});
            return true;
        }
        case 'e':
        case 'u': extend(popToMark()); return true;
        case '0': pop(); return true;
        default: return false;
    }
}

/// Calls that matter are turned into what they would make.
void PickleMachine::reduce() {
    const Handle arguments = pop(), callee = pop();
    if (callee->text == "collections.OrderedDict") return push(make(Value::Kind::Dictionary));
    if (callee->text == "torch._utils._rebuild_tensor_v2" || callee->text == "torch._utils._rebuild_parameter") {
        if (arguments->items.empty()) refuse("the pickle is damaged");
        if (callee->text.ends_with("parameter")) return push(arguments->items.front());
        auto tensor = make(Value::Kind::Tensor);
        tensor->items = arguments->items;
        return push(tensor);
    }
    push(make(Value::Kind::Nothing));
}

/// ("storage", type, key, device, elements)
void PickleMachine::persistent() {
    const Handle id = pop();
    if (id->items.size() < 5) refuse("the pickle refers to an unknown storage");
    auto storage = make(Value::Kind::Storage);
    storage->type = id->items[1]->text;
    storage->text = id->items[2]->text;
    push(storage);
}

const Value& PickleMachine::run() {
    for (;;) {
        const auto code = number<std::uint8_t>();
        if (scalar(code) || container(code)) continue;
        switch (code) {
            case 0x80: take(1); break;
            case 0x95: take(8); break;
            case 'q': m_memo[number<std::uint8_t>()] = top(); break;
            case 'r': m_memo[number<std::uint32_t>()] = top(); break;
            case 0x94: m_memo[static_cast<std::uint32_t>(m_memo.size())] = top(); break;
            case 'h': recall(number<std::uint8_t>()); break;
            case 'j': recall(number<std::uint32_t>()); break;
            case 'R':
            case 0x81: reduce(); break;
            case 'Q': persistent(); break;
            case 'b': pop(); break;  // attributes of an object: metadata, no tensors
            case '.': return *pop();
            default: refuse("the pickle uses an instruction that state dicts do not need");
        }
    }
}

template <class T, class Convert>
void convert(std::string_view bytes, std::vector<float>& values, const Convert& toFloat) {
    values.resize(bytes.size() / sizeof(T));
    for (std::size_t i = 0; i < values.size(); ++i) {
        T value;
        std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof value);
        values[i] = toFloat(value);
    }
}

float halfToFloat(std::uint16_t half) {
    const int exponent = half >> 10 & 31;
    const float mantissa = static_cast<float>(half & 1023);
    const float magnitude = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(mantissa + 1024, exponent - 25);
    return half & 0x8000 ? -magnitude : magnitude;
}

std::vector<float> storageValues(const Value& storage, const std::map<std::string, std::string_view>& members) {
    const auto found = members.find("data/" + storage.text);
    if (found == members.end()) refuse("storage '" + storage.text + "' is missing");
    const auto plain = [](auto value) { return static_cast<float>(value); };
    std::vector<float> values;
    const std::string type = storage.type.substr(storage.type.rfind('.') + 1);
    if (type == "FloatStorage")
        convert<float>(found->second, values, plain);
    else if (type == "DoubleStorage")
        convert<double>(found->second, values, plain);
    else if (type == "LongStorage")
        convert<std::int64_t>(found->second, values, plain);
    else if (type == "IntStorage")
        convert<std::int32_t>(found->second, values, plain);
    else if (type == "HalfStorage")
        convert<std::uint16_t>(found->second, values, halfToFloat);
    else if (type == "BFloat16Storage")
        convert<std::uint16_t>(found->second, values,
                               [](std::uint16_t value) { return std::bit_cast<float>(std::uint32_t{value} << 16); });
    else
        refuse("numbers of type " + type + " are not supported");
    return values;
}

NamedTensor tensorOf(const std::string& name, const Value& value,
                     const std::map<std::string, std::string_view>& members) {
    if (value.items.size() < 4 || value.items[0]->kind != Value::Kind::Storage)
        refuse("tensor '" + name + "' is damaged");
    const std::vector<float> storage = storageValues(*value.items[0], members);
    NamedTensor tensor{name, {}, {}};
    std::vector<std::int64_t> strides;
    std::int64_t count = 1;
    for (const Handle& length : value.items[2]->items) {
        if (length->number < 0 || length->number > (std::int64_t{1} << 32))
            refuse("tensor '" + name + "' has a bad shape");
        tensor.shape.push_back(length->number);
        count *= length->number;
        // A stride of 0 repeats a number: a little of that is fine, but no memory for what the file does not hold.
        if (count > std::max<std::int64_t>(static_cast<std::int64_t>(storage.size()), 1 << 20))
            refuse("tensor '" + name + "' has a bad shape");
    }
    for (const Handle& stride : value.items[3]->items) strides.push_back(stride->number);
    const auto isPlace = [](std::int64_t number) { return number >= 0 && number <= std::int64_t{1} << 32; };
    if (strides.size() != tensor.shape.size() || !isPlace(value.items[1]->number) ||
        !std::ranges::all_of(strides, isPlace))
        refuse("tensor '" + name + "' has a bad shape");
    for (std::int64_t i = 0; i < count; ++i) {
        std::int64_t place = value.items[1]->number, rest = i;
        for (std::size_t axis = strides.size(); axis-- > 0; rest /= tensor.shape[axis])
            place += rest % tensor.shape[axis] * strides[axis];
        if (place < 0 || place >= static_cast<std::int64_t>(storage.size()))
            refuse("tensor '" + name + "' leaves its storage");
        tensor.values.push_back(storage[static_cast<std::size_t>(place)]);
    }
    return tensor;
}

void collect(const Value& dictionary, const std::string& prefix, int depth, int& entries,
             const std::map<std::string, std::string_view>& members, std::vector<NamedTensor>& tensors) {
    for (std::size_t i = 0; i + 1 < dictionary.items.size(); i += 2) {
        // Dictionaries may share others: without a limit few bytes stand for more entries than memory holds.
        if (depth > 8 || ++entries > 100000) refuse("the file nests dictionaries too deeply");
        const Value& key = *dictionary.items[i];
        const Value& value = *dictionary.items[i + 1];
        if (key.kind != Value::Kind::Text) continue;
        const std::string name = prefix.empty() ? key.text : prefix + "." + key.text;
        if (value.kind == Value::Kind::Tensor)
            tensors.push_back(tensorOf(name, value, members));
        else if (value.kind == Value::Kind::Dictionary)
            collect(value, name, depth + 1, entries, members, tensors);
    }
}

}  // namespace

std::vector<NamedTensor> readTorchStateDict(const std::filesystem::path& path) try {
    const std::string bytes = readFile(path, std::size_t{1} << 32);
    const auto members = model::storedZipMembers(bytes);
    const auto pickle = members.find("data.pkl");
    if (pickle == members.end()) refuse("the zip container holds no data.pkl");
    PickleMachine machine(pickle->second);
    const Value& root = machine.run();
    if (root.kind != Value::Kind::Dictionary) refuse("it holds no dictionary");
    std::vector<NamedTensor> tensors;
    int entries = 0;
    collect(root, {}, 0, entries, members, tensors);
    if (tensors.empty()) refuse("it holds no tensors");
    return tensors;
} catch (const Error& error) {
    throw Error("Cannot read " + path.string() + " as a PyTorch state dict", error);
}

}  // namespace chronnect
