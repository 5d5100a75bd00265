"""Reads the values that DUMP gives, and makes their ends."""
import struct

SET, HASH, SORTED_SET, LIST, STREAM = 2, 4, 5, 18, 19
PLAIN = 1


def make_crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x95AC9329AC4BC9B5 if byte & 1 else 0)
        table.append(byte)
    return table


CRC_TABLE = make_crc_table()


def with_end(body):
    body += b"\x0a\x00"
    crc = 0
    for byte in body:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return body + struct.pack("<Q", crc)


class Fields:
    """Reads what an RDB value consists of."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        return self.data[self.at - size:self.at]

    def length(self):
        first = self.take(1)[0]
        if first < 0x40:
            return first
        if first < 0x80:
            return (first & 0x3F) << 8 | self.take(1)[0]
        return int.from_bytes(self.take({0x80: 4, 0x81: 8}[first]), "big")

    def text(self):
        first = self.data[self.at]
        if first < 0xC0:
            return self.take(self.length())
        self.at += 1
        if first == 0xC3:
            compressed, size = self.length(), self.length()
            return decompress(self.take(compressed), size)
        return b"%d" % int.from_bytes(self.take(1 << (first - 0xC0)), "little", signed=True)


def decompress(data, size):
    result, at = bytearray(), 0
    while at < len(data):
        control = data[at]
        at += 1
        if control < 32:
            result += data[at:at + control + 1]
            at += control + 1
            continue
        length = (control >> 5) + 2
        if length == 9:
            length += data[at]
            at += 1
        start = len(result) - ((control & 0x1F) << 8 | data[at]) - 1
        at += 1
        run = result[start:start + length]
        if len(run) < length:  # it reaches into what it makes
            run = (run * (length // len(run) + 1))[:length]
        result += run
    assert len(result) == size
    return bytes(result)


def elements(listpack):
    """The elements as texts."""
    at = 6
    while listpack[at] != 0xFF:
        first = listpack[at]
        if first < 0x80:
            head, size, value = 1, 0, first
        elif first < 0xC0:
            head, size, value = 1, first & 0x3F, None
        elif first < 0xE0:
            head, size, value = 2, 0, ((first & 0x1F) << 8 | listpack[at + 1]) ^ 0x1000
            value -= 0x1000
        elif first < 0xF0:
            head, size, value = 2, (first & 0x0F) << 8 | listpack[at + 1], None
        elif first == 0xF0:
            head, size, value = 5, int.from_bytes(listpack[at + 1:at + 5], "little"), None
        else:
            head, size = 1 + {0xF1: 2, 0xF2: 3, 0xF3: 4, 0xF4: 8}[first], 0
            value = int.from_bytes(listpack[at + 1:at + head], "little", signed=True)
        yield listpack[at + head:at + head + size] if value is None else b"%d" % value
        size += head
        at += size + 1 + sum(size >= step for step in (128, 16383, 2097151, 268435455))


def group(fields, times_alike):
    """The next consumer group of a stream."""
    def time_ms():
        value = fields.take(8)
        return value if times_alike else None

    said = [fields.text(), [fields.length() for _ in range(3)]]
    said.append([(fields.take(16), time_ms(), fields.length()) for _ in range(fields.length())])
    said.append([(fields.text(), time_ms(), [fields.take(16) for _ in range(fields.length())])
                 for _ in range(fields.length())])
    return said


def content(payload, cut_alike=True, times_alike=True):
    """What a payload says, without what may differ."""
    fields = Fields(payload[1:-10])
    form = payload[0]
    if form == SET:
        return form, sorted(fields.text() for _ in range(fields.length()))
    if form == HASH:
        return form, sorted((fields.text(), fields.text()) for _ in range(fields.length()))
    if form == SORTED_SET:
        return form, [(fields.text(), fields.take(8)) for _ in range(fields.length())]
    if form == LIST:
        nodes = [(fields.length(), fields.text()) for _ in range(fields.length())]
        if cut_alike:
            return form, nodes
        return form, [text for kind, data in nodes
                      for text in ([data] if kind == PLAIN else elements(data))]
    if form == STREAM:
        nodes = [(fields.text(), fields.text()) for _ in range(fields.length())]
        counters = [fields.length() for _ in range(8)]  # length, ids, entries added
        del counters[3:5]  # the first id, which Redis does not check
        groups = [group(fields, times_alike) for _ in range(fields.length())]
        return form, nodes, counters, groups, fields.data[fields.at:]
    return form, fields.text()


def alike(a, b, cut_alike=True, times_alike=True):
    return a == b or content(a, cut_alike, times_alike) == content(b, cut_alike, times_alike)
