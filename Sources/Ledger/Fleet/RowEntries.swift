internal import Messages

/// The entries of a row of a fleet's log, one after another: each stands behind its length, four
/// bytes, little-endian.
struct RowEntries: ~Escapable {
  /// A row that does not consist of entries and their lengths.
  struct Torn: Error {}

  private static let lengthByteCount = 4

  private let bytes: Span<UInt8>
  private var position = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  /// The next entry; nil at the end.
  @_lifetime(copy self)
  mutating func next() throws(Torn) -> Span<UInt8>? {
    let rest = bytes.count - position
    if rest == 0 { return nil }
    guard rest >= Self.lengthByteCount else { throw Torn() }
    let count = Int(bytes.integer(UInt32.self, at: position))
    guard count <= rest - Self.lengthByteCount else { throw Torn() }
    let start = position + Self.lengthByteCount
    position = start + count
    return bytes.extracting(start..<position)
  }

  /// Appends an entry to those of a row.
  static func append(_ entry: Span<UInt8>, to row: inout [UInt8]) {
    let count = UInt32(entry.count)
    for shift in stride(from: UInt32(0), through: 24, by: 8) {
      row.append(UInt8(truncatingIfNeeded: count >> shift))
    }
    // SAFETY: the buffer is read inside the closure.
    unsafe entry.withUnsafeBufferPointer { unsafe row.append(contentsOf: $0) }
  }
}
