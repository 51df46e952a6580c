internal import Permissions
internal import Testing

/// The built-in policy as text, by which another version decides what this one does.
@Suite struct PolicyBaseTests {
  /// The fixed relations by their names, in the order of evaluation.
  private static let relations = [
    "operator", "issuer", "scope:ingest", "scope:api", "scope:rum", "self", "member",
    "administrator", "creator", "writer",
  ]

  private static func actions(of policy: Policy) -> [Action] {
    (0..<policy.actionCount).map { policy.action(at: $0) }
  }

  /// The rule of an action by names: the sets that each allow.
  private static func rule(_ action: Action, _ policy: Policy) -> Set<Set<String>> {
    Set(policy.alternatives(of: action, in: Span()).map { Set($0.map(policy.name(of:))) })
  }

  private static func expectEqual(_ left: Policy, _ right: Policy) {
    #expect(left.actionCount == right.actionCount)
    for (mine, other) in zip(actions(of: left), actions(of: right)) {
      #expect(left.name(of: mine) == right.name(of: other))
      let (rule, otherRule) = (Self.rule(mine, left), Self.rule(other, right))
      // Every set of relations that a subject may have.
      for bits in 0..<(1 << relations.count) {
        let held = Set(relations.indices.filter { bits >> $0 & 1 == 1 }.map { relations[$0] })
        #expect(
          rule.contains { $0.isSubset(of: held) } == otherRule.contains { $0.isSubset(of: held) })
      }
      #expect(rule == otherRule)
    }
    #expect(left.routes.rules == right.routes.rules)
    #expect(left.tokenHeader == right.tokenHeader)
    #expect(left.opensPreflights == right.opensPreflights)
    #expect(left.tokensEndWithIssuer == right.tokensEndWithIssuer)
    #expect(left.roles == right.roles)
    #expect(left.resourceTypeCount == right.resourceTypeCount)
  }

  @Test func theTextDecidesWhatThePolicyDoes() throws {
    let read = try PolicyFile("{}", base: PolicyFile.builtInText)
    Self.expectEqual(read.policy, .builtIn)
    #expect(read.warnings.isEmpty)
    // As a file it is complete, too: nothing in it differs from what is built in.
    Self.expectEqual(try PolicyFile(PolicyFile.builtInText).policy, .builtIn)
  }

  @Test func aFileAddsToIt() throws {
    let file = """
      { resource_types: { report: { writers: true } }, roles: ["billing"],
        actions: { "report.create": { any: ["role:billing"] }, "team.create": { any: ["member"] } },
        routes: { "POST /v2/report": { action: "report.create" }, "GET /v2/team": "denied" } }
      """
    Self.expectEqual(
      try PolicyFile(file, base: PolicyFile.builtInText).policy, try PolicyFile(file).policy)
  }

  @Test func anotherVersionsRulesAndRoutesHold() throws {
    let base = """
      { actions: { "team.create": { any: ["member"] } },
        routes: { "GET /v3/team": { action: "team.create" } }, cors_preflight: "open" }
      """
    let policy = try PolicyFile("{}", base: base).policy
    #expect(policy.routes.rules.map(\.template) == ["/v3/team"])
    #expect(policy.opensPreflights)
    for action in Self.actions(of: policy) {
      let name = policy.name(of: action)
      guard let builtIn = Policy.builtIn.action(named: name.utf8Span.span) else {
        Issue.record("there is no action \(name)")
        continue
      }
      let isOther = name == "team.create"
      #expect((Self.rule(action, policy) != Self.rule(builtIn, .builtIn)) == isOther)
    }
    #expect(throws: PolicyFileError.self) { try PolicyFile("{}", base: "{ future: 1 }") }
  }
}
