internal import Ledger
internal import Platform
internal import RPC
internal import Services
internal import Synchronization

/// The time of the fleet: that of the database's clock, as far as this host knows it. The fleet's
/// thread notes it, and the writer reads it.
///
/// The time of an entry counts on every host and never goes back. So a host whose clock is off
/// makes no change that gives rights, and one that takes rights away carries the fleet's time
/// instead of its own.
final class FleetTime: Sendable {
  private static let allowedNanoseconds = FleetKnowledge.allowedClockNanoseconds

  /// What the ledger's clock is certainly ahead of the database's, at least; negative: behind.
  private let ahead = Atomic<Int64>(0)
  /// The same of the wall clock. When it is corrected after it was ahead, the ledger's clock stays
  /// ahead, since that never goes back.
  private let wallAhead = Atomic<Int64>(0)
  /// What the database's clock is ahead of CLOCK_BOOTTIME, at least.
  private let offset = Atomic<Int64>(0)

  /// Notes a reading of the database's clock, which was taken within a round trip that has ended
  /// now, when the ledger's clock says `own` and the wall clock `wall`.
  func note(_ database: Int64, roundTripNanoseconds roundTrip: Int64, own: Int64, wall: Int64) {
    // At the reading, a clock said something between what it says and a round trip before.
    func certainly(_ clock: Int64) -> Int64 {
      let (least, most) = (clock - roundTrip - database, clock - database)
      return least > 0 ? least : min(most, 0)
    }
    ahead.store(certainly(own), ordering: .relaxed)
    wallAhead.store(certainly(wall), ordering: .relaxed)
    offset.store(database - Clock.bootNanoseconds(), ordering: .relaxed)
  }

  /// Whether the ledger's clock is too far from the fleet's to be used.
  var isOff: Bool { abs(ahead.load(ordering: .relaxed)) > Self.allowedNanoseconds }

  /// What the host's clock is ahead of the fleet's, if that is so much that it gives nothing; nil:
  /// it is not.
  var skewNanoseconds: Int64? {
    let wall = wallAhead.load(ordering: .relaxed)
    return isOff && abs(wall) > Self.allowedNanoseconds ? wall : nil
  }

  /// The fleet's time, or a little before it.
  var now: LedgerTime {
    LedgerTime(nanoseconds: offset.load(ordering: .relaxed) + Clock.bootNanoseconds())
  }
}

extension Status {
  /// The host's clock is off, and the change gives rights.
  static func clockSkew(_ ahead: Int64) -> Status {
    let seconds = "\(abs(ahead) / 1_000_000_000) s \(ahead > 0 ? "ahead of" : "behind")"
    return Status(
      .unavailable,
      "the clock of this host is \(seconds) the fleet's database: only changes that take rights "
        + "away are made until it is set", reason: "CLOCK_SKEW",
      metadata: [("ahead_seconds", "\(ahead / 1_000_000_000)")], retryDelayMilliseconds: 5000)
  }
}
