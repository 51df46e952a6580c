package import Fleet
internal import Messages

/// Compares the rows of a fleet's log, from its first one on, with a ledger's log: the same
/// revisions, the same bytes, and every entry with the hash of the one before.
package struct RowComparison: ~Copyable {
  /// Where the rows end that were taken.
  package private(set) var end = LogPosition.empty
  private var arena = Arena(initialBytes: 16 << 10, limits: DecodeLimits(bytes: 64 << 20))

  package init() {}

  /// What is wrong with a row.
  package struct Difference: Equatable, Sendable {
    package let revision: UInt64
    /// As one sentence.
    package let sentence: String

    package init(revision: UInt64, sentence: String) {
      self.revision = revision
      self.sentence = sentence
    }
  }

  /// Takes the next row; nil if it is as it has to be.
  package mutating func take(
    _ row: LogRow, with log: borrowing StoredLog
  ) throws(StoreError) -> Difference? {
    guard row.first == end.revision + 1 else {
      return Difference(
        revision: end.revision + 1,
        sentence: "the fleet's log goes on with revision \(row.first)")
    }
    var entries = RowEntries(row.entries.span)
    while true {
      let revision = end.revision + 1
      let encoded: Span<UInt8>
      do throws(RowEntries.Torn) {
        guard let next = try entries.next() else { break }
        encoded = next
      } catch {
        return Difference(
          revision: revision, sentence: "the row of the fleet's log does not consist of entries")
      }
      arena.reset()
      if let sentence = Self.chainFault(encoded, at: revision, behind: end, arena) {
        return Difference(revision: revision, sentence: sentence)
      }
      if try log.hasAnother(than: encoded, at: revision) {
        return Difference(revision: revision, sentence: "the fleet's log has another entry there")
      }
      end = LogPosition(revision: revision, hash: LogHash(SHA256.hash(encoded)))
    }
    guard end == row.end else {
      return Difference(
        revision: row.last, sentence: "the row of the fleet's log has another end than its entries")
    }
    return nil
  }

  private static func chainFault(
    _ encoded: Span<UInt8>, at revision: UInt64, behind end: LogPosition, _ arena: borrowing Arena
  ) -> String? {
    guard let entry = try? PosternStorageV1.Entry(decoding: encoded, in: arena) else {
      return "the entry of the fleet's log can't be decoded"
    }
    guard entry.revision == revision else {
      return "the entry of the fleet's log says that it is that of revision \(entry.revision)"
    }
    let before = end.revision == 0 ? [] : end.hash.bytes
    return entry.previousHash.isEqual(to: before.span)
      ? nil : "the entry of the fleet's log doesn't hold the hash of the one before"
  }
}

extension StoredLog {
  /// The fleet that the ledger belongs to; nil for none.
  package var fleetID: InstanceID? {
    get throws(StoreError) {
      guard let keys = try environment.openExistingTables(["keys"]).first else { return nil }
      return try FleetMark.stored(in: environment, keys)
    }
  }
}
