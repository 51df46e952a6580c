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
