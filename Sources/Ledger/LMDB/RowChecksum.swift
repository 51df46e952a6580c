internal import Messages
internal import Platform

/// The last four bytes of a row of a checked table: the CRC-32C of its key and its value, little
/// endian. A row that a disk or a memory has garbled, or that came under another key, is found when
/// it is read.
enum RowChecksum {
  static let byteCount = 4

  static func of(_ key: Span<UInt8>, _ value: Span<UInt8>) -> UInt32 {
    CRC32C.checksum(value, after: CRC32C.checksum(key))
  }

  /// The value in a stored row.
  ///
  /// - Throws: `StoreError.damagedRow` when the checksum is another.
  @inline(__always)
  @_lifetime(copy stored)
  static func value(
    in stored: Span<UInt8>, under key: Span<UInt8>, of table: Table
  ) throws(StoreError) -> Span<UInt8> {
    guard table.isChecked else { return stored }
    let count = stored.count - byteCount
    guard count >= 0 else { throw damaged(key, in: table) }
    let value = stored.extracting(0..<count)
    guard stored.integer(UInt32.self, at: count) == of(key, value) else {
      throw damaged(key, in: table)
    }
    guard table.map?.isInPlace(stored) ?? true else { throw damaged(key, in: table, .misplaced) }
    return value
  }

  @inline(never)
  private static func damaged(
    _ key: Span<UInt8>, in table: Table, _ fault: DamagedRow.Fault = .garbled
  ) -> StoreError {
    .damagedRow(DamagedRow(table: table.index, key: Array(copying: key), fault))
  }
}

/// A row that is not what was written.
package struct DamagedRow: Error, Sendable, Hashable, CustomStringConvertible {
  /// The place of the table among those that were opened.
  package let table: Int
  package let key: [UInt8]
  package let fault: Fault

  package enum Fault: Sendable {
    /// It doesn't have its checksum.
    case garbled
    /// It is whole, and in a page that is none of its place.
    case misplaced
    /// A page on the way to it can't be read.
    case unreadable
    /// It is an entry of the log that lacks, or doesn't have the hash that the log has of it.
    case unchained
  }

  package init(table: Int, key: [UInt8], _ fault: Fault = .garbled) {
    (self.table, self.key, self.fault) = (table, key, fault)
  }

  package var description: String {
    switch fault {
    case .garbled: "\(place) doesn't have its checksum"
    case .misplaced: "\(place) lies in a page of another place"
    case .unreadable: "a page on the way to \(place) can't be read"
    case .unchained: "\(place) is not the entry that was written"
    }
  }

  /// The table, and the key: readable where it is made of ids, else in hexadecimal digits. A key
  /// holds no secret.
  var place: String {
    let name = Tables.names.indices.contains(table) ? Tables.names[table] : "\(table)"
    let isText = key.allSatisfy { (0x20..<0x7f).contains($0) || $0 == 0 }
    let text =
      isText
      ? String(decoding: key.map { $0 == 0 ? UInt8(ascii: "/") : $0 }, as: UTF8.self)
      : key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return "the row `\(text)` of the table `\(name)`"
  }
}
