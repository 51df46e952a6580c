internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// The metrics of a fleet, as they change with it.
@Suite struct FleetMetricTests {
  private func text(_ client: PosternClient) throws -> String {
    let reply = try client.getMetrics { $0.setNamePrefix("postern_fleet") }
    return String(decoding: [UInt8](copying: reply.message.openMetricsText), as: UTF8.self)
  }

  /// The value of a sample, by its name with labels; nil where there is none.
  private func value(_ sample: String, _ client: PosternClient) throws -> Double? {
    let line = try text(client).split(separator: "\n").first { $0.hasPrefix(sample + " ") }
    return line.flatMap { Double($0.dropFirst(sample.count + 1)) }
  }

  private func condition(_ word: String) -> String {
    "postern_fleet_condition{condition=\"\(word)\"}"
  }

  @Test func theyFollowWhatHappens() throws {
    let server = try PostgreSQL()
    let world = try FleetWorld(on: server)
    let first = try world.start("a")
    let client = try first.client()
    try wait(for: "the problem") { try value(condition("FLEET_NOT_READY"), client) == 1 }
    #expect(try value("postern_fleet_lease_seconds", client) == 0)
    #expect(try value("postern_fleet_appends_total", client) == 0)
    try world.begin(with: first, leaseSeconds: 6)
    try wait(for: "the lease") { try value(condition("following"), client) == 1 }
    #expect(try value(condition("FLEET_NOT_READY"), client) == 0)
    let second = try world.join("b")
    try wait(for: "the members") {
      try value("postern_fleet_members{answering=\"true\"}", client) == 2
    }
    let lease = try #require(try value("postern_fleet_lease_seconds", client))
    #expect(lease > 0 && lease <= 6)
    #expect(try value("postern_fleet_lag_revisions", client) == 0)
    // One append for one change, and polls all the time.
    let appends = try #require(try value("postern_fleet_appends_total", client))
    let polls = try #require(try value("postern_fleet_poll_seconds_count", client))
    _ = try client.issueToken(for: "alice", of: "acme")
    #expect(try value("postern_fleet_appends_total", client) == appends + 1)
    try wait(for: "polls") {
      try value("postern_fleet_poll_seconds_count", client) ?? 0 >= polls + 3
    }
    #expect(try value("postern_fleet_conflicts_total", client) != nil)
    #expect(try value("postern_fleet_doubts_total", client) == 0)
    #expect(try second.crash() != .exited(0))
    try wait(for: "a silent member") {
      try value("postern_fleet_members{answering=\"false\"}", client) == 1
    }
    // An append without an answer, in a database that is stopped.
    try server.freeze()
    let late = try first.client()
    late.timeout = .milliseconds(500)
    _ = try? late.issueToken(for: "alice", of: "acme")
    try wait(for: "the doubt") { try value("postern_fleet_doubts_total", client) ?? 0 >= 1 }
    try wait(for: "the end of the lease") { try value("postern_fleet_lease_seconds", client) == 0 }
    #expect(try value(condition("FLEET_AWAY"), client) == 1)
    try server.thaw()
    try wait(for: "the lease") { try value(condition("following"), client) == 1 }
    #expect(try first.stop() == .exited(0))
  }

  @Test func thereAreNoneWithoutAFleet() throws {
    let daemon = try Daemon()
    #expect(try !text(daemon.client()).contains("postern_fleet"))
    #expect(try daemon.stop() == .exited(0))
  }
}
