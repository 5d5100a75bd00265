"""Bits of strings, and integers in them."""
from values import choose, usually

COMMANDS = """
    SET key value
    SETBIT key bitoffset bit
    GETBIT key bitoffset
    BITCOUNT key
    BITCOUNT key index index [(BYTE|BIT|junk)]
    BITCOUNT key bitoffset bitoffset (BYTE|BIT)
    BITPOS key bit
    BITPOS key bit index [index [(BYTE|BIT|junk)]]
    BITPOS key bit bitoffset bitoffset (BYTE|BIT)
    BITOP (AND|OR|XOR) key {key}
    BITOP NOT key key
    BITOP (NOT|junk) key {key}
    BITFIELD key {(GET width fieldoffset|SET width fieldoffset integer|INCRBY width fieldoffset \
        integer)}
    BITFIELD key OVERFLOW (WRAP|SAT|FAIL|junk) {(SET width fieldoffset integer|INCRBY width \
        fieldoffset integer)}
    BITFIELD key {(OVERFLOW (WRAP|SAT|FAIL)|GET width fieldoffset|INCRBY width fieldoffset \
        integer|junk)}
    BITFIELD_RO key {GET width fieldoffset}
    BITFIELD_RO key {(GET width fieldoffset|SET width fieldoffset integer)}
    STRLEN key
"""

VALUES = {
    "bitoffset": usually(0.9, choose("0", "1", "7", "8", "9", "15", "100", "2041"),
                         choose("8388607", "8388608", "-1", "4294967296", "9223372036854775807",
                                "x", "", "#1")),
    "bit": usually(0.9, choose("0", "1"), choose("2", "-1", "x", "")),
    "width": usually(0.9, choose("u1", "u4", "u8", "i5", "i8", "u16", "i33", "u63", "i64"),
                     choose("u64", "i65", "i0", "u", "8", "", "I8", "u+1", "u 1")),
    "fieldoffset": usually(0.9, choose("0", "3", "8", "60", "#0", "#1", "#3"),
                           choose("-1", "#-1", "#", "x", "8388600", "4294967296",
                                  "#9223372036854775807", "9223372036854775807")),
}
