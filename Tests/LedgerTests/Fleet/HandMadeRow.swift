internal import Fleet
internal import Ledger
internal import Messages

/// A row of entries that are put together by hand, in the encoding of protobuf.
struct HandMadeRow {
  private(set) var first: UInt64
  private var entries: [[UInt8]] = []
  private var hash: [UInt8]

  /// A row behind a position.
  init(after position: LogPosition) {
    first = position.revision + 1
    hash = position.revision == 0 ? [] : position.hash.bytes
  }

  /// A row of entries that are given as stored.
  init(first: UInt64, _ entries: [[UInt8]]) {
    self.first = first
    self.entries = entries
    hash = []
    if let last = entries.last { hash = Self.hash(last) }
  }

  /// Appends an entry with the field `number` of a change, encoded, and `further` fields.
  mutating func append(
    _ number: UInt64, _ change: [UInt8], atNanoseconds time: UInt64 = 1 << 40,
    revision: UInt64? = nil, actor: [UInt8] = [], further: [UInt8] = []
  ) {
    var entry = Self.number(1, revision ?? first + UInt64(entries.count)) + Self.number(2, time)
    entry += Self.bytes(3, actor)
    if !hash.isEmpty { entry += Self.bytes(4, hash) }
    entry += Self.bytes(number, change) + further
    entries.append(entry)
    hash = Self.hash(entry)
  }

  var row: LogRow {
    let last = first + UInt64(entries.count) - 1
    return LogRow(
      first: first,
      end: LogPosition(revision: last, hash: LogHash(hash) ?? LogHash()), term: 1,
      isReport: false, entries: entries.flatMap { Self.framed($0) })
  }

  /// The entries of rows, in their order.
  static func entries(of rows: [LogRow]) -> [[UInt8]] {
    var entries: [[UInt8]] = []
    for row in rows {
      var rest = row.entries[...]
      while rest.count >= 4 {
        let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        entries.append(Array(rest.dropFirst(4).prefix(count)))
        rest = rest.dropFirst(4 + count)
      }
    }
    return entries
  }

  static func framed(_ entry: [UInt8]) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: entry.count >> (8 * $0)) } + entry
  }

  static func hash(_ entry: [UInt8]) -> [UInt8] {
    let digest = SHA256.hash(entry.span)
    return Array(copying: digest.span)
  }

  static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] {
    varint(field << 3) + varint(value)
  }

  static func bytes(_ field: UInt64, _ content: [UInt8]) -> [UInt8] {
    varint(field << 3 | 2) + varint(UInt64(content.count)) + content
  }

  static func text(_ field: UInt64, _ content: String) -> [UInt8] {
    bytes(field, Array(content.utf8))
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var (bytes, rest) = ([UInt8](), value)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
