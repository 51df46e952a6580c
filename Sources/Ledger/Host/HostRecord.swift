/// What a host remembers of its ledger outside of it: enough to notice, when the ledger is opened
/// again, that it is an older copy, another one, or that it is gone; and that the clock is wrong.
package struct HostRecord: Sendable, Equatable {
  /// Which ledger it is: random, made with the ledger and kept by its copies.
  package var ledgerID: LedgerID
  /// The ledger's epoch; never zero.
  package var epoch: UInt64
  /// The highest revision that is known to have been acknowledged here, and the SHA-256 of its
  /// entry; zeros for revision 0.
  package var revision: UInt64
  package var hash: [UInt8]
  /// A time that has passed for certain, in nanoseconds since 1970.
  package var floorNanoseconds: Int64 = 0
  /// When that was noted: of which boot of the machine, and how long after it (CLOCK_BOOTTIME).
  package var bootID: [UInt8]
  package var bootNanoseconds: Int64 = 0
  /// Since which of its times the clock has run without a gap, while the length of the gap before
  /// is not known; the greatest number once it is.
  package var countedSinceNanoseconds = Int64.max
  /// What was taken over of the wall clock by small steps, in that boot.
  package var steps = FollowedSteps()
  /// The wall clock that is not believed, in that boot; nil if it is.
  package var doubt: WallClockDoubt.Held?
  /// What was found of the ledger's tables.
  package var tables = TablesFinding.none

  package static let hashByteCount = 32
  package static let bootIDByteCount = 16

  package init(
    ledgerID: LedgerID, epoch: UInt64, revision: UInt64 = 0,
    hash: [UInt8] = Array(repeating: 0, count: hashByteCount)
  ) {
    self.ledgerID = ledgerID
    self.epoch = epoch
    self.revision = revision
    self.hash = hash
    bootID = Array(repeating: 0, count: Self.bootIDByteCount)
  }
}

/// What a host remembers of a comparison of the ledger's tables with its log.
package enum TablesFinding: UInt8, Sendable {
  /// Nothing is wrong with them, as far as is known.
  case none = 0
  /// They are not what the log says: they have to be made anew before anything is answered.
  case contradicted = 1
  /// They were made anew, and no check has compared them since.
  case rebuilt = 2
}

/// 16 random bytes that tell one ledger from every other.
package struct LedgerID: Sendable, Hashable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// 32 hexadecimal digits.
  package var description: String { Self.digits(high) + Self.digits(low) }

  private static func digits(_ half: UInt64) -> String {
    let digits = String(half, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
