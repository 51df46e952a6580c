internal import Ledger
internal import Platform
internal import RPC
internal import Synchronization

/// What time it is in the fleet: by the database's clock, as far as this host knows it. The fleet's
/// thread notes it, and the writer looks at it.
///
/// The time of an entry counts on every host and never goes back. So a host whose clock is off
/// issues nothing, and what it takes away carries the fleet's time instead of its own.
final class FleetTime: Sendable {
  /// A clock that is further off than this is not used.
  static let allowedNanoseconds: Int64 = 2_000_000_000

  /// What the host's clock is certainly ahead of the database's, at least; negative: behind.
  private let ahead = Atomic<Int64>(0)
  /// What the database's clock is ahead of CLOCK_BOOTTIME, at least.
  private let offset = Atomic<Int64>(0)

  /// Notes a reading of the database's clock, which was taken within a round trip that has ended
  /// now, when the host's own clock says `own`.
  func note(_ database: Int64, roundTripNanoseconds roundTrip: Int64, own: Int64) {
    // At the reading, the own clock said something between `own - roundTrip` and `own`.
    let (least, most) = (own - roundTrip - database, own - database)
    ahead.store(least > 0 ? least : min(most, 0), ordering: .relaxed)
    offset.store(database - Clock.bootNanoseconds(), ordering: .relaxed)
  }

  /// What the host's clock is ahead of the fleet's, if that is too much to be used; nil: it is not.
  var skewNanoseconds: Int64? {
    let ahead = ahead.load(ordering: .relaxed)
    return abs(ahead) > Self.allowedNanoseconds ? ahead : nil
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
