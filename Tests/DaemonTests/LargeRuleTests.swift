internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// `Explain` of a rule that is as large as a rule may be, over both protocols.
@Suite struct LargeRuleTests {
  private static let teams = (10..<64).map { "team\($0)" }

  /// Each of the sets lacks one of the teams, and none is part of another.
  private static var policy: String {
    let sets = teams.map { absent in
      let names = teams.filter { $0 != absent }.map { #""team:\#($0)""# }
      return #"{ all: [\#(names.joined(separator: ",")), "writer"] }"#
    }
    return """
      { resource_types: { report: { writers: true } },
        actions: { "report.create": { any: ["member"] }, "report.set_writer": { any: ["member"] },
          "report.read": { any: [\(sets.joined(separator: ","))] } } }
      """
  }

  @Test func namesEverySmallestWayOnce() throws {
    let folder = TemporaryFolder()
    let daemon = try Daemon(
      ["--policy", folder.write("policy.json5", Self.policy)], folder: folder)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "root")
    try client.invite("bob", to: "acme")
    let missing = Set(["team20", "team40", "team63"])
    for team in Self.teams {
      try client.createTeam(
        team, of: "acme", members: missing.contains(team) ? [] : ["bob"])
    }
    try client.putResource("report", "r", of: "acme")
    try client.setWriter("team20", isTeam: true, "report", "r", of: "acme")

    let payload =
      Encoding.field(2, "report.read")
      + Encoding.field(3, Encoding.field(1, "report") + Encoding.field(2, "r"))
      + Encoding.field(4, Encoding.field(1, "acme") + Encoding.field(2, "bob"))
    let peers = try BothPeers(daemon)
    func ways() throws -> [Set<String>] {
      let outcome = try peers.ask("Explain", of: "PermissionService", payload)
      #expect(outcome.code == 0, "\(outcome)")
      return try Self.ways(outcome)
    }
    // A user that joins team20 becomes a writer by it; without it another relation is needed.
    let before = try ways()
    #expect(
      before == [
        ["AddTeamMember team40", "AddTeamMember team63", "SetWriter "],
        ["AddTeamMember team20", "AddTeamMember team63"],
        ["AddTeamMember team20", "AddTeamMember team40"],
      ])
    try client.addMember("bob", to: "team63", of: "acme")
    #expect(
      try ways() == [
        ["AddTeamMember team20"], ["AddTeamMember team40", "SetWriter "],
      ])
    #expect(try !client.check(user: ("acme", "bob"), "report.read", id: "r").isAllowed)
    try client.addMember("bob", to: "team20", of: "acme")
    #expect(try client.check(user: ("acme", "bob"), "report.read", id: "r").isAllowed)
    #expect(try ways() == [])
  }

  /// The grants of an explanation, grouped.
  private static func ways(_ outcome: Outcome) throws -> [Set<String>] {
    let arena = Arena(initialBytes: 1024, limits: DecodeLimits(bytes: 4 << 20))
    let response = try PosternV1.ExplainResponse(decoding: outcome.payload.span, in: arena)
    var ways: [Set<String>] = []
    for index in 0..<response.grantsCount {
      let grant = response.grants(at: index)
      if Int(grant.group) > ways.count { ways.append([]) }
      let method = String(grant.method).split(separator: ".").last ?? ""
      ways[ways.count - 1].insert("\(method) \(String(grant.teamID))")
    }
    return ways
  }
}
