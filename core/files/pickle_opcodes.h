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

// Of an instruction that the reader does not follow; null: there is none of this number.
inline const char* name(std::uint8_t opcode) {
    switch (opcode) {
    case '0':
        return "POP";
    case '1':
        return "POP_MARK";
    case '2':
        return "DUP";
    case 'F':
        return "FLOAT";
    case 'I':
        return "INT";
    case 'L':
        return "LONG";
    case 'P':
        return "PERSID";
    case 'S':
        return "STRING";
    case 'T':
        return "BINSTRING";
    case 'U':
        return "SHORT_BINSTRING";
    case 'V':
        return "UNICODE";
    case 'b':
        return "BUILD";
    case 'd':
        return "DICT";
    case 'g':
        return "GET";
    case 'i':
        return "INST";
    case 'l':
        return "LIST";
    case 'o':
        return "OBJ";
    case 'p':
        return "PUT";
    case 'B':
        return "BINBYTES";
    case 'C':
        return "SHORT_BINBYTES";
    case 0x81:
        return "NEWOBJ";
    case 0x82:
        return "EXT1";
    case 0x83:
        return "EXT2";
    case 0x84:
        return "EXT4";
    case 0x8B:
        return "LONG4";
    case 0x8C:
        return "SHORT_BINUNICODE";
    case 0x8D:
        return "BINUNICODE8";
    case 0x8E:
        return "BINBYTES8";
    case 0x8F:
        return "EMPTY_SET";
    case 0x90:
        return "ADDITEMS";
    case 0x91:
        return "FROZENSET";
    case 0x92:
        return "NEWOBJ_EX";
    case 0x93:
        return "STACK_GLOBAL";
    case 0x94:
        return "MEMOIZE";
    case 0x95:
        return "FRAME";
    case 0x96:
        return "BYTEARRAY8";
    case 0x97:
        return "NEXT_BUFFER";
    case 0x98:
        return "READONLY_BUFFER";
    default:
        return nullptr;
    }
}

} // namespace lolcats::opcodes
