// What the members of a fleet share: one log, in rows of a database. A row holds the entries of one
// batch; the hash of a row is that of its last entry, which covers all entries before it.

/// One batch of the fleet's log.
package struct LogRow: Sendable, Hashable {
  /// The revision of its first entry.
  package var first: UInt64
  /// The term in which it was appended.
  package var term: UInt64
  /// Whether a command waits until every member has applied it: members report at once.
  package var isReport: Bool
  /// The entries as the ledger stores them, each behind its length: four bytes, little-endian.
  package var entries: [UInt8]
  /// Where the log ends behind it.
  package var end: LogPosition

  /// The revision of its last entry.
  package var last: UInt64 { end.revision }

  package init(
    first: UInt64, end: LogPosition, term: UInt64, isReport: Bool, entries: [UInt8]
  ) {
    self.first = first
    self.end = end
    self.term = term
    self.isReport = isReport
    self.entries = entries
  }
}

/// An end of the log: two members with the same position have the same entries.
package struct LogPosition: Sendable, Hashable {
  /// The revision of the last entry; zero for an empty log.
  package var revision: UInt64
  /// The SHA-256 of that entry; zeros for an empty log.
  package var hash: LogHash

  package static let empty = LogPosition(revision: 0, hash: LogHash())

  package init(revision: UInt64, hash: LogHash) {
    self.revision = revision
    self.hash = hash
  }
}

/// The SHA-256 of an entry. It is no secret.
package struct LogHash: Sendable, Hashable {
  private var words: (UInt64, UInt64, UInt64, UInt64)

  package static var byteCount: Int { 32 }

  /// Zeros: the hash before the first entry.
  package init() { words = (0, 0, 0, 0) }

  /// The words of a hash, in the order of their bytes, most significant byte first.
  package init(_ first: UInt64, _ rest: (UInt64, UInt64, UInt64)) {
    words = (first, rest.0, rest.1, rest.2)
  }

  /// A hash of 32 bytes; nil for another number.
  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var parts: [UInt64] = [0, 0, 0, 0]
    for (index, byte) in bytes.enumerated() {
      parts[index / 8] = parts[index / 8] << 8 | UInt64(byte)
    }
    words = (parts[0], parts[1], parts[2], parts[3])
  }

  package var bytes: [UInt8] {
    [words.0, words.1, words.2, words.3].flatMap { word in
      stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
    }
  }

  package static func == (left: LogHash, right: LogHash) -> Bool { left.words == right.words }

  package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// A running process of a fleet: random, new at each start, so that the copy of a machine is
/// another member.
package struct InstanceID: Sendable, Hashable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// As a UUID is written.
  package var description: String {
    let digits = Array(Self.hex(high) + Self.hex(low))
    let ends = [0, 8, 12, 16, 20, 32]
    return zip(ends, ends.dropFirst()).map { String(digits[$0..<$1]) }.joined(separator: "-")
  }

  /// Reads what `description` writes; nil for anything else.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.count) == [8, 4, 4, 4, 12] else { return nil }
    let digits = parts.joined()
    guard digits.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let high = UInt64(digits.prefix(16), radix: 16),
      let low = UInt64(digits.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
