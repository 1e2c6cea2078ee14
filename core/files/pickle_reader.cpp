// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/pickle_reader.h"

#include "core/files/pickle_opcodes.h"
#include "core/files/utf8.h"
#include "core/records/failure.h"

#include <bit>
#include <map>

namespace lolcats {

namespace {

constexpr std::size_t kMostValues = 500'000;
constexpr std::size_t kMostDimensions = 8;
constexpr std::uint32_t kMark = 0xFFFFFFFFU; // on the stack, between values

constexpr const char* kDictionary = "collections OrderedDict";
constexpr const char* kTensor = "torch._utils _rebuild_tensor_v2";
constexpr const char* kParameter = "torch._utils _rebuild_parameter";

// PyTorch's classes of storages, and the element type of each.
const std::map<std::string, std::string>& storages() {
    static const std::map<std::string, std::string> all = {{"torch FloatStorage", "F32"}, {"torch DoubleStorage", "F64"},
                                                           {"torch HalfStorage", "F16"},  {"torch BFloat16Storage", "BF16"},
                                                           {"torch LongStorage", "I64"},  {"torch IntStorage", "I32"},
                                                           {"torch ShortStorage", "I16"}, {"torch CharStorage", "I8"},
                                                           {"torch ByteStorage", "U8"},   {"torch BoolStorage", "BOOL"}};
    return all;
}

class Reader {
public:
    Reader(std::span<const std::byte> bytes, const std::string& where) : m_bytes(bytes), m_where(where) {}

    Pickle read() {
        while (!m_stopped)
            step();
        if (m_at != m_bytes.size())
            refuse("goes on behind its end");
        return std::move(m_pickle);
    }

private:
    void step();
    void readContainer(std::uint8_t opcode);
    void readPlain(std::uint8_t opcode);
    void name();
    void call();
    void storage();
    PickleValue tensor(const PickleValue& arguments) const;
    std::uint32_t parameter(const PickleValue& arguments) const;

    [[noreturn]] void refuse(const std::string& what) const {
        throw Refusal("PT-PICKLE", "The pickle of " + m_where + " " + what + " (at its byte " + std::to_string(m_at) + ").",
                      "It is damaged, or was not written by PyTorch: get it from its source again.");
    }
    [[noreturn]] void refuseDanger(const std::string& what) const {
        throw Refusal(
            "SEC-PICKLE", m_where + " " + what + " (at byte " + std::to_string(m_at) + " of its pickle).",
            "Nothing of it was run. Get the checkpoint as plain tensors, or convert it to safetensors where you trust it.");
    }
    std::span<const std::byte> take(std::uint64_t count) {
        if (count > m_bytes.size() - m_at)
            refuse("breaks off");
        m_at += count;
        return m_bytes.subspan(m_at - count, count);
    }
    std::uint64_t number(std::uint64_t bytes) {
        std::uint64_t value = 0;
        const auto piece = take(bytes);
        for (std::uint64_t i = 0; i < bytes; ++i)
            value |= static_cast<std::uint64_t>(piece[i]) << (8 * i);
        return value;
    }
    std::string text(std::uint64_t bytes) {
        const auto piece = take(bytes);
        return {reinterpret_cast<const char*>(piece.data()), piece.size()};
    }
    std::string line() {
        std::string all;
        for (char next = 0; next != '\n'; all += next)
            next = static_cast<char>(number(1));
        all.pop_back();
        return all;
    }
    void push(PickleValue value) {
        if (m_pickle.values.size() >= kMostValues)
            refuse("holds more values than a checkpoint does");
        m_stack.push_back(static_cast<std::uint32_t>(m_pickle.values.size()));
        m_pickle.values.push_back(std::move(value));
    }
    std::uint32_t pop() {
        if (m_stack.empty() || m_stack.back() == kMark)
            refuse("takes a value where there is none");
        const std::uint32_t top = m_stack.back();
        m_stack.pop_back();
        return top;
    }
    std::vector<std::uint32_t> popToMark() {
        std::size_t mark = m_stack.size();
        while (mark > 0 && m_stack[mark - 1] != kMark)
            --mark;
        if (mark == 0)
            refuse("closes something that it did not open");
        std::vector<std::uint32_t> items(m_stack.begin() + static_cast<std::ptrdiff_t>(mark), m_stack.end());
        m_stack.resize(mark - 1);
        return items;
    }
    void pushTuple(std::vector<std::uint32_t> items) {
        PickleValue tuple;
        tuple.kind = PickleKind::Tuple;
        tuple.items = std::move(items);
        push(std::move(tuple));
    }
    void pushTuple(std::size_t size) {
        std::vector<std::uint32_t> items(size);
        for (std::size_t i = size; i > 0; --i)
            items[i - 1] = pop();
        pushTuple(std::move(items));
    }
    void add(PickleKind kind, const std::vector<std::uint32_t>& items);
    void remember(std::uint64_t place) {
        const std::uint32_t top = pop();
        m_memory[place] = top;
        if (m_memory.size() > kMostValues)
            refuse("keeps more values than a checkpoint does");
        m_stack.push_back(top);
    }
    void recall(std::uint64_t place) {
        const auto found = m_memory.find(place);
        if (found == m_memory.end())
            refuse("recalls something that it did not keep");
        if (m_stack.size() >= kMostValues)
            refuse("holds more values than a checkpoint does");
        m_stack.push_back(found->second);
    }
    const PickleValue& at(std::uint32_t place) const { return m_pickle.values[place]; }
    bool isKind(std::uint32_t place, PickleKind kind) const { return at(place).kind == kind; }
    std::vector<std::int64_t> integers(std::uint32_t place, const char* what) const;

    std::span<const std::byte> m_bytes;
    const std::string& m_where;
    std::size_t m_at = 0;
    bool m_stopped = false;
    Pickle m_pickle;
    std::vector<std::uint32_t> m_stack;
    std::map<std::uint64_t, std::uint32_t> m_memory;
};

PickleValue valueOf(PickleKind kind, std::int64_t integer = 0) {
    PickleValue value;
    value.kind = kind;
    value.integer = integer;
    return value;
}

void Reader::step() {
    const auto opcode = static_cast<std::uint8_t>(number(1));
    switch (opcode) {
    case opcodes::Proto:
        if (const std::uint64_t version = number(1); version < 2 || version > 5)
            refuse("has the version " + std::to_string(version) + ", which PyTorch does not write");
        break;
    case opcodes::Stop:
        m_pickle.root = pop();
        if (!m_stack.empty())
            refuse("ends with something left over");
        m_stopped = true;
        break;
    case opcodes::Mark:
        m_stack.push_back(kMark);
        break;
    case opcodes::BinPut:
        remember(number(1));
        break;
    case opcodes::LongBinPut:
        remember(number(4));
        break;
    case opcodes::BinGet:
        recall(number(1));
        break;
    case opcodes::LongBinGet:
        recall(number(4));
        break;
    case opcodes::Global:
        name();
        break;
    case opcodes::Reduce:
        call();
        break;
    case opcodes::BinPersId:
        storage();
        break;
    default:
        readContainer(opcode);
    }
}

void Reader::readContainer(std::uint8_t opcode) {
    switch (opcode) {
    case opcodes::EmptyTuple:
        pushTuple(0);
        break;
    case opcodes::Tuple1:
        pushTuple(1);
        break;
    case opcodes::Tuple2:
        pushTuple(2);
        break;
    case opcodes::Tuple3:
        pushTuple(3);
        break;
    case opcodes::Tuple:
        pushTuple(popToMark());
        break;
    case opcodes::EmptyList:
        push(valueOf(PickleKind::List));
        break;
    case opcodes::EmptyDict:
        push(valueOf(PickleKind::Dictionary));
        break;
    case opcodes::Append:
        add(PickleKind::List, {pop()});
        break;
    case opcodes::Appends:
        add(PickleKind::List, popToMark());
        break;
    case opcodes::SetItems:
        add(PickleKind::Dictionary, popToMark());
        break;
    case opcodes::SetItem: {
        const std::uint32_t value = pop();
        add(PickleKind::Dictionary, {pop(), value});
        break;
    }
    default:
        readPlain(opcode);
    }
}

void Reader::readPlain(std::uint8_t opcode) {
    switch (opcode) {
    case opcodes::None:
        push(valueOf(PickleKind::None));
        break;
    case opcodes::NewTrue:
    case opcodes::NewFalse:
        push(valueOf(PickleKind::Flag, opcode == opcodes::NewTrue ? 1 : 0));
        break;
    case opcodes::BinInt1:
    case opcodes::BinInt2:
        push(valueOf(PickleKind::Integer, static_cast<std::int64_t>(number(opcode == opcodes::BinInt1 ? 1 : 2))));
        break;
    case opcodes::BinInt:
        push(valueOf(PickleKind::Integer, static_cast<std::int32_t>(number(4))));
        break;
    case opcodes::Long1: {
        const std::uint64_t bytes = number(1);
        if (bytes > 8)
            refuse("holds a whole number of more than 64 bits");
        std::uint64_t value = number(bytes);
        if (bytes > 0 && bytes < 8 && (value >> (8 * bytes - 1)) != 0)
            value |= ~0ULL << (8 * bytes); // below zero
        push(valueOf(PickleKind::Integer, static_cast<std::int64_t>(value)));
        break;
    }
    case opcodes::BinFloat: {
        std::uint64_t bits = 0;
        for (const std::byte byte : take(8)) // the one number that stands with its largest part first
            bits = bits << 8U | static_cast<std::uint64_t>(byte);
        PickleValue value = valueOf(PickleKind::Number);
        value.number = std::bit_cast<double>(bits);
        push(std::move(value));
        break;
    }
    case opcodes::BinUnicode: {
        PickleValue value = valueOf(PickleKind::Text);
        value.text = text(number(4));
        if (!isValidUtf8(value.text))
            refuse("holds a text that is not UTF-8");
        push(std::move(value));
        break;
    }
    default: {
        const char* word = opcodes::name(opcode);
        if (word == nullptr)
            refuse("has an unknown instruction");
        refuseDanger(std::string("uses the instruction ") + word + ", which no checkpoint of plain tensors needs");
    }
    }
}

// Items go into a list or dictionary below them on the stack. Names and storages are no data by themselves.
void Reader::add(PickleKind kind, const std::vector<std::uint32_t>& items) {
    if (m_stack.empty() || m_stack.back() == kMark || !isKind(m_stack.back(), kind))
        refuse("puts items into something that takes none");
    if (kind == PickleKind::Dictionary && items.size() % 2 != 0)
        refuse("has a key without a value");
    for (const std::uint32_t item : items)
        if (isKind(item, PickleKind::Name) || isKind(item, PickleKind::Storage))
            refuseDanger("keeps the name " + at(item).text + " where data should be");
    std::vector<std::uint32_t>& all = m_pickle.values[m_stack.back()].items;
    all.insert(all.end(), items.begin(), items.end());
}

void Reader::name() {
    const std::string module = line();
    const std::string full = module + " " + line();
    const bool known = full == kDictionary || full == kTensor || full == kParameter || storages().contains(full);
    if (!known)
        refuseDanger("names “" + full.substr(0, 200) + "” (GLOBAL), which is no part of a tensor");
    PickleValue value = valueOf(PickleKind::Name);
    value.text = full;
    push(std::move(value));
}

// REDUCE: a name is called with a tuple. Three names may be, and what they make is data.
void Reader::call() {
    const std::uint32_t given = pop();
    const std::uint32_t called = pop();
    if (!isKind(called, PickleKind::Name) || !isKind(given, PickleKind::Tuple))
        refuseDanger("calls something that is no name (REDUCE)");
    const std::string what = at(called).text;
    const PickleValue arguments = at(given);
    if (what == kDictionary && arguments.items.empty())
        push(valueOf(PickleKind::Dictionary));
    else if (what == kTensor)
        push(tensor(arguments));
    else if (what == kParameter)
        m_stack.push_back(parameter(arguments));
    else
        refuseDanger("calls “" + what + "” (REDUCE) in a way that PyTorch does not");
}

// BINPERSID with ('storage', class, file, device, elements).
void Reader::storage() {
    const PickleValue given = at(pop());
    const std::vector<std::uint32_t>& items = given.items;
    const bool shaped = given.kind == PickleKind::Tuple && items.size() == 5 && isKind(items[0], PickleKind::Text) &&
                        at(items[0]).text == "storage" && isKind(items[1], PickleKind::Name) &&
                        storages().contains(at(items[1]).text) && isKind(items[2], PickleKind::Text) &&
                        isKind(items[3], PickleKind::Text) && isKind(items[4], PickleKind::Integer);
    if (!shaped || at(items[4]).integer < 0)
        refuseDanger("asks for something outside of itself (BINPERSID) that is no tensor's storage");
    PickleValue value = valueOf(PickleKind::Storage, at(items[4]).integer);
    value.text = storages().at(at(items[1]).text);
    value.key = at(items[2]).text;
    push(std::move(value));
}

std::vector<std::int64_t> Reader::integers(std::uint32_t place, const char* what) const {
    const PickleValue& tuple = at(place);
    if (tuple.kind != PickleKind::Tuple || tuple.items.size() > kMostDimensions)
        refuse(std::string("has a tensor whose ") + what + " are no short list of numbers");
    std::vector<std::int64_t> all;
    for (const std::uint32_t item : tuple.items) {
        if (!isKind(item, PickleKind::Integer) || at(item).integer < 0)
            refuse(std::string("has a tensor whose ") + what + " are no whole numbers from 0");
        all.push_back(at(item).integer);
    }
    return all;
}

// (storage, first element, sizes, strides, whether it learns, hooks): the last two say nothing of its numbers.
PickleValue Reader::tensor(const PickleValue& arguments) const {
    const std::vector<std::uint32_t>& items = arguments.items;
    const bool shaped = items.size() == 6 && isKind(items[0], PickleKind::Storage) && isKind(items[1], PickleKind::Integer) &&
                        at(items[1]).integer >= 0 && isKind(items[4], PickleKind::Flag) &&
                        isKind(items[5], PickleKind::Dictionary) && at(items[5]).items.empty();
    if (!shaped)
        refuseDanger(std::string("calls “") + kTensor + "” (REDUCE) in a way that PyTorch does not");
    PickleValue value = valueOf(PickleKind::Tensor, at(items[1]).integer);
    value.items = {items[0]};
    value.sizes = integers(items[2], "sizes");
    value.strides = integers(items[3], "strides");
    if (value.sizes.size() != value.strides.size())
        refuse("has a tensor with other sizes than strides");
    return value;
}

// (tensor, whether it learns, hooks): the tensor itself.
std::uint32_t Reader::parameter(const PickleValue& arguments) const {
    const std::vector<std::uint32_t>& items = arguments.items;
    const bool shaped = items.size() == 3 && isKind(items[0], PickleKind::Tensor) && isKind(items[1], PickleKind::Flag) &&
                        isKind(items[2], PickleKind::Dictionary) && at(items[2]).items.empty();
    if (!shaped)
        refuseDanger(std::string("calls “") + kParameter + "” (REDUCE) in a way that PyTorch does not");
    return items[0];
}

} // namespace

Pickle readPickle(std::span<const std::byte> bytes, const std::string& where) {
    return Reader(bytes, where).read();
}

} // namespace lolcats
