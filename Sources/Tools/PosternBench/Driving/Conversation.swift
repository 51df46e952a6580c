internal import Messages

/// The client's side of one server's protocol: which requests to send, and whether an answer is
/// correct.
///
/// The loop waits and counts, in the same way for every server, so that two figures differ by their
/// servers and not by how they were measured.
protocol Conversation {
  /// Prepares a new connection.
  mutating func open(_ link: Link) throws(BenchFailure)
  /// Sends `count` requests at once.
  mutating func ask(_ count: Int, on link: Link) throws(BenchFailure)
  /// Takes whole answers from the start of `bytes`. A wrong answer throws, so that it gives no
  /// figure.
  mutating func hear(_ bytes: Span<UInt8>, on link: Link) throws(BenchFailure) -> Heard
  /// Sends what had to wait for answers, where no request may follow that would take it along.
  mutating func flush(_ link: Link) throws(BenchFailure)
}

extension Conversation {
  mutating func open(_ link: Link) throws(BenchFailure) {}
  mutating func flush(_ link: Link) throws(BenchFailure) {}
}

/// What a conversation found in received bytes.
struct Heard {
  /// The bytes that it has finished; the rest is offered again, followed by new bytes.
  var consumedByteCount: Int
  /// The number of complete and correct answers.
  var answerCount: Int
}

/// How many calls a load keeps in flight: the connections, and the calls on each.
struct Shape: Sendable, Equatable {
  let connectionCount: Int
  let depth: Int

  static let deep = Shape(connectionCount: 50, depth: 16)
  static let wide = Shape(connectionCount: 50, depth: 1)
  static let alone = Shape(connectionCount: 1, depth: 1)
  static let streams = Shape(connectionCount: 8, depth: 32)

  /// Whether there is one call at a time, so that the latency of each is measured.
  var isAlone: Bool { self == .alone }

  /// The place in a round. Loads that are compared have the same place and run in succession.
  var place: Int { isAlone ? 2 : self == .wide ? 1 : 0 }

  var name: String { "\(connectionCount)x\(depth)" }
}

/// When a load stops.
enum RunLimit: Sendable {
  /// After this time, which starts at the end of a short warm-up.
  case nanoseconds(Int64)
  /// After this number of calls.
  case calls(Int)
}
