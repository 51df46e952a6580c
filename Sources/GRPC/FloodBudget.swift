/// Tells a peer that floods from one that lives long.
///
/// There is no clock here, so frames are weighed against work instead of time: control frames and
/// resets spend, an answered call and every read from the socket give back. A peer that pings every
/// second never gets near the limit; one that fills its writes with pings does within a megabyte.
struct FloodBudget {
  /// How much may be spent beyond what has been given back.
  static let limit = 10_000
  private static let refillPerReceive = 16
  private static let refillPerCall = 8

  private var spent = 0

  var isSpent: Bool { spent > Self.limit }

  mutating func spend(_ cost: Int) { spent += cost }

  mutating func refillForReceive() { spent = max(0, spent - Self.refillPerReceive) }

  mutating func refillForCall() { spent = max(0, spent - Self.refillPerCall) }
}
