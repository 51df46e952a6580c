internal import Messages

/// One peer's protocol, seen from the client: what to ask, and whether what comes back is right.
///
/// The loop does the waiting and counting, the same for every peer, so that two figures differ by
/// their servers and not by how they were asked.
protocol Conversation {
  /// Prepares a new connection.
  mutating func open(_ link: Link) throws(BenchFailure)
  /// Sends `count` requests at once.
  mutating func ask(_ count: Int, on link: Link) throws(BenchFailure)
  /// Takes whole answers from the start of `bytes`. A wrong one throws: no figure comes from it.
  mutating func hear(_ bytes: Span<UInt8>, on link: Link) throws(BenchFailure) -> Heard
}

extension Conversation {
  mutating func open(_ link: Link) throws(BenchFailure) {}
}

/// What a conversation made of received bytes.
struct Heard {
  /// The bytes that it needs no longer; the rest is offered again, with more behind it.
  var consumedByteCount: Int
  /// The answers that are complete and right.
  var answerCount: Int
}

/// How many calls a load keeps in flight: so many connections, so many calls on each.
struct Shape: Sendable, Equatable {
  let connectionCount: Int
  let depth: Int

  static let deep = Shape(connectionCount: 50, depth: 16)
  static let wide = Shape(connectionCount: 50, depth: 1)
  static let alone = Shape(connectionCount: 1, depth: 1)
  static let streams = Shape(connectionCount: 8, depth: 32)

  /// With one call at a time, how long each takes is worth knowing.
  var isAlone: Bool { self == .alone }

  /// Loads that are compared with each other have the same place, and run one after the other.
  var place: Int { isAlone ? 2 : self == .wide ? 1 : 0 }

  var name: String { "\(connectionCount)x\(depth)" }
}

/// When a load stops.
enum RunLimit: Sendable {
  /// After so long, counted from when a short warm-up ends.
  case nanoseconds(Int64)
  /// After so many calls.
  case calls(Int)
}
