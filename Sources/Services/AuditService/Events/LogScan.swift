internal import Ledger
internal import Messages

/// Reads the log forward for one caller, a piece at a time, so that the worker can serve other
/// callers in between.
struct LogScan {
  private let services: PosternServices
  private let filter: EventFilter
  /// The revision of the next entry to read.
  private(set) var next: UInt64

  // The limits of one piece.
  private static let maximumEvents = 200
  private static let maximumBytes = 64 << 10

  init(_ services: PosternServices, _ filter: EventFilter, from revision: UInt64) {
    self.services = services
    self.filter = filter
    next = max(revision, filter.horizon)
  }

  /// Reads the next piece, at most through the revision `last`, and adds its selected events to
  /// `list`, at most `limit` of them. Returns their number. It may be zero before the end: the scan
  /// has ended when `next` is after `last`.
  mutating func read<List: EventList & ~Escapable>(
    _ snapshot: borrowing Snapshot, through last: UInt64, limit: Int = .max, into list: List
  ) -> Int {
    var arena = Arena(initialBytes: 4 << 10, limits: DecodeLimits(bytes: 8 << 20))
    var (events, bytes, step) = (0, 0, snapshot.step)
    while next <= last, !step.isSpent, events < min(limit, Self.maximumEvents),
      bytes < Self.maximumBytes
    {
      arena.reset()
      let (count, isSelected) = addEvent(of: next, from: snapshot, arena: arena, into: list)
      step.spend(rows: 2 + count / 64)
      if isSelected {
        events += 1
        bytes += count
      }
      next += 1
    }
    return events
  }

  /// Adds the event of a revision if the filter selects it. Returns the size of the entry, and
  /// whether it was selected.
  private func addEvent<List: EventList & ~Escapable>(
    of revision: UInt64, from snapshot: borrowing Snapshot, arena: borrowing Arena, into list: List
  ) -> (byteCount: Int, isSelected: Bool) {
    // A damaged entry is noted by the snapshot, and nothing of the piece is answered.
    guard let encoded = snapshot.entry(at: revision),
      let entry = try? PosternStorageV1.Entry(decoding: encoded, in: arena)
    else { return (0, false) }
    guard filter.matches(entry) else { return (encoded.count, false) }
    services.writeEvent(of: entry, encoded: encoded, for: filter, into: list.addEvents())
    return (encoded.count, true)
  }
}

/// A message that lists events.
protocol EventList: ~Escapable {
  @_lifetime(copy self)
  func addEvents() -> PosternV1.Event.Builder
}

extension PosternV1.ListEventsResponse.Builder: EventList {}
extension PosternV1.WatchResponse.Builder: EventList {}
