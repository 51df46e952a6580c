internal import Messages
internal import RPC
internal import Services
internal import Testing

/// An import keeps the limits on members, teams and writers: a message that goes over one is
/// refused as a whole.
@Suite struct ImportLimitTests {
  private static var limits: ServiceLimits {
    var limits = ServiceLimits()
    limits.teamMembers = 3
    limits.teamsPerUser = 2
    limits.resourceWriters = 3
    return limits
  }

  private static let base =
    [
      #"{"organization":{"id":"acme"}}"#,
      #"{"user":{"organization_id":"acme","id":"alice","administrator":true}}"#,
    ] + (0..<5).map { #"{"user":{"organization_id":"acme","id":"u\#($0)"}}"# }

  private static func team(_ id: String, _ members: String...) -> String {
    let list = members.map { "\"\($0)\"" }.joined(separator: ",")
    return #"{"team":{"organization_id":"acme","id":"\#(id)","member_user_ids":[\#(list)]}}"#
  }

  private static func resource(_ writers: String...) -> String {
    let list = writers.map { "{\"\($0.hasPrefix("u") ? "user" : "team")_id\":\"\($0)\"}" }
    return #"{"resource":{"organization_id":"acme","type":"dashboard","id":"one","writers":["#
      + list.joined(separator: ",") + "]}}"
  }

  private static func refused(_ desk: Desk, _ records: [String]) throws -> String {
    let before = try desk.revision
    let status = Desk.refusal { _ = try desk.load(records) }
    #expect(try desk.revision == before)
    guard let status, status.code == .resourceExhausted else { return "\(status as Any)" }
    let limit = status.metadata.first { $0.key == "limit" }?.value ?? "no limit"
    return "\(limit) \(status.field ?? "no field")"
  }

  @Test func boundsMembers() throws {
    let desk = try Desk(limits: Self.limits)
    #expect(
      try Self.refused(desk, Self.base + [Self.team("a", "u0", "u1", "u2", "u3")])
        == "max-team-members records[7].team.member_user_ids[3]")
    // A member that is named twice counts once, in a message and over messages.
    _ = try desk.load(Self.base + [Self.team("a", "u0", "u1", "u0"), Self.team("a", "u1")])
    _ = try desk.load([Self.team("a", "u0", "u2")])
    #expect(
      try Self.refused(desk, [Self.team("b", "u0"), Self.team("a", "u1", "u3")])
        == "max-team-members records[1].team.member_user_ids[1]")
  }

  @Test func boundsTeamsOfAUser() throws {
    let desk = try Desk(limits: Self.limits)
    let teams = ["a", "b", "c"].map { Self.team($0, "u0") }
    #expect(
      try Self.refused(desk, Self.base + teams)
        == "max-teams-per-user records[9].team.member_user_ids[0]")
    _ = try desk.load(Self.base + teams.prefix(2))
    #expect(
      try Self.refused(desk, [Self.team("c", "u1", "u0")])
        == "max-teams-per-user records[0].team.member_user_ids[1]")
  }

  @Test func boundsWriters() throws {
    let desk = try Desk(limits: Self.limits)
    let base = Self.base + [Self.team("a"), Self.team("b")]
    #expect(
      try Self.refused(desk, base + [Self.resource("u0", "u1"), Self.resource("a", "b")])
        == "max-resource-writers records[10].resource.writers[1]")
    _ = try desk.load(base + [Self.resource("u0", "a", "u0"), Self.resource("a", "u1")])
    #expect(
      try Self.refused(desk, [Self.resource("u1", "u2")])
        == "max-resource-writers records[0].resource.writers[1]")
  }
}
