// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The instructions of Python's pickles by number and name. Those that the reader knows have constants; the others are there to
// be refused by name.

#include <cstdint>

namespace lolcats::opcodes {

enum : std::uint8_t {
    Mark = '(',
    Stop = '.',
    BinFloat = 'G',
    BinInt = 'J',
    BinInt1 = 'K',
    BinInt2 = 'M',
    None = 'N',
    BinPersId = 'Q',
    Reduce = 'R',
    BinUnicode = 'X',
    EmptyList = ']',
    Append = 'a',
    Global = 'c',
    Appends = 'e',
    BinGet = 'h',
    LongBinGet = 'j',
    BinPut = 'q',
    LongBinPut = 'r',
    SetItem = 's',
    Tuple = 't',
    EmptyTuple = ')',
    SetItems = 'u',
    EmptyDict = '}',
    Proto = 0x80,
    Tuple1 = 0x85,
    Tuple2 = 0x86,
    Tuple3 = 0x87,
    NewTrue = 0x88,
    NewFalse = 0x89,
    Long1 = 0x8A,
};

struct Named {
    std::uint8_t opcode;
    const char* name;
};
inline constexpr Named kNames[] = {
    {'0', "POP"},           {'1', "POP_MARK"},
    {'2', "DUP"},           {'F', "FLOAT"},
    {'I', "INT"},           {'L', "LONG"},
    {'P', "PERSID"},        {'S', "STRING"},
    {'T', "BINSTRING"},     {'U', "SHORT_BINSTRING"},
    {'V', "UNICODE"},       {'b', "BUILD"},
    {'d', "DICT"},          {'g', "GET"},
    {'i', "INST"},          {'l', "LIST"},
    {'o', "OBJ"},           {'p', "PUT"},
    {'B', "BINBYTES"},      {'C', "SHORT_BINBYTES"},
    {0x81, "NEWOBJ"},       {0x82, "EXT1"},
    {0x83, "EXT2"},         {0x84, "EXT4"},
    {0x8B, "LONG4"},        {0x8C, "SHORT_BINUNICODE"},
    {0x8D, "BINUNICODE8"},  {0x8E, "BINBYTES8"},
    {0x8F, "EMPTY_SET"},    {0x90, "ADDITEMS"},
    {0x91, "FROZENSET"},    {0x92, "NEWOBJ_EX"},
    {0x93, "STACK_GLOBAL"}, {0x94, "MEMOIZE"},
    {0x95, "FRAME"},        {0x96, "BYTEARRAY8"},
    {0x97, "NEXT_BUFFER"},  {0x98, "READONLY_BUFFER"},
};

// Of an instruction that the reader does not follow; null: there is none of this number.
inline const char* name(std::uint8_t opcode) {
    for (const Named& one : kNames)
        if (one.opcode == opcode)
            return one.name;
    return nullptr;
}

} // namespace lolcats::opcodes
