extension Status {
  /// A limit was reached, named by its flag: the same whichever protocol and thread finds it.
  package static func limit(_ name: String, _ value: Int) -> Status {
    Status(
      .resourceExhausted, "the limit `\(name)` of \(value) is reached", reason: "LIMIT_REACHED",
      metadata: [("limit", name), ("value", "\(value)")])
  }

  /// A user has all of a limit, named by its flag, that one user may have now.
  package static func share(of name: String, _ value: Int) -> Status {
    Status(
      .resourceExhausted,
      "the user of this process holds its share of the limit `\(name)`, now \(value)",
      reason: "LIMIT_REACHED", metadata: [("limit", name), ("value", "\(value)")])
  }

  /// The daemon stops.
  package static var draining: Status {
    Status(
      .unavailable, "the daemon is stopping; try again", reason: "DRAINING",
      retryDelayMilliseconds: 1000)
  }
}
