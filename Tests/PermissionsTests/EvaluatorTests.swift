internal import Permissions
internal import TestSupport
internal import Testing

@Suite struct EvaluatorTests {
  private let policy = Policy.builtIn

  private func find(_ name: String) -> Action? { policy.action(named: Array(name.utf8).span) }

  /// Every combination of facts about a subject.
  private func subsets() -> [Set<Relation>] {
    (0..<1 << Relation.fixed.count).map { bits in
      Set(Relation.fixed.enumerated().filter { bits >> $0.offset & 1 == 1 }.map(\.element))
    }
  }

  @Test func theTableIsComplete() {
    #expect(policy.actionCount == ExpectedRule.all.count)
    let names = (0..<policy.actionCount).map { policy.name(of: policy.action(at: $0)) }
    #expect(Set(names) == Set(ExpectedRule.all.map(\.action)))
  }

  /// Every row, for every kind of subject, with every set of relations that facts could claim.
  @Test(arguments: ExpectedRule.all)
  func everyRow(rule: ExpectedRule) throws {
    let action = try #require(find(rule.action))
    for subject in SubjectKind.allCases {
      for relations in subsets() {
        let decision = Evaluator.decide(
          action, policy: policy, subject: subject, facts: ModelFacts(relations))
        let allowing = rule.allowing(subject).intersection(relations)
        #expect(decision.isAllowed == !allowing.isEmpty, "\(subject) \(relations)")
        if case .allowed(let grounds) = decision {
          #expect(allowing.map { policy.name(of: $0) }.contains(policy.name(of: grounds)))
        }
      }
    }
  }

  @Test(arguments: ExpectedRule.all)
  func neverInAnotherOrganization(rule: ExpectedRule) throws {
    let action = try #require(find(rule.action))
    for subject in SubjectKind.allCases {
      let facts = ModelFacts(Set(Relation.fixed), isInOrganization: false)
      let decision = Evaluator.decide(action, policy: policy, subject: subject, facts: facts)
      #expect(decision == .denied(.otherOrganization))
      #expect(facts.asked.isEmpty)
    }
  }

  @Test func asksTheCheapFirstAndNothingTwice() throws {
    let action = try #require(find("dashboard.remove_writer"))
    let none = ModelFacts([])
    let denied = Evaluator.decide(action, policy: policy, subject: .user, facts: none)
    #expect(none.asked == [.oneself, .administrator, .writer])
    guard case .denied(.noRelation(let required)) = denied else {
      Issue.record("\(denied)")
      return
    }
    #expect(policy.names(of: required) == "self, administrator, writer")
    let administrator = ModelFacts([.administrator, .writer])
    let allowed = Evaluator.decide(action, policy: policy, subject: .user, facts: administrator)
    guard case .allowed(let grounds) = allowed else {
      Issue.record("\(allowed)")
      return
    }
    #expect(policy.name(of: grounds) == "administrator")
    #expect(administrator.asked == [.oneself, .administrator])
  }

  @Test func sentences() throws {
    func sentence(_ name: String, _ subject: SubjectKind, _ facts: ModelFacts) throws -> String {
      let action = try #require(find(name))
      return Evaluator.decide(action, policy: policy, subject: subject, facts: facts)
        .sentence(action: action, policy: policy)
    }
    #expect(
      try sentence("integration.create", .user, ModelFacts([]))
        == "`integration.create` is allowed for: administrator")
    #expect(
      try sentence("team.remove_member", .user, ModelFacts([]))
        == "`team.remove_member` is allowed for: self, administrator")
    #expect(
      try sentence("team.remove_member", .user, ModelFacts([.oneself]))
        == "`team.remove_member` is allowed for: self")
    #expect(
      try sentence("datapoint.ingest", .user, ModelFacts([]))
        == "`datapoint.ingest` is never allowed for this kind of subject, only for: scope:ingest")
    #expect(
      try sentence("team.create", .user, ModelFacts([], isInOrganization: false))
        == "`team.create` is not allowed in another organization")
  }

  /// A relation of a set that failed by itself is not asked again, and neither is one that held.
  @Test func asksNothingTwiceInSets() throws {
    let policy = try Policy(
      resourceTypes: [ResourceTypeRule("report", .writable)],
      actions: [
        ActionRule(
          "report", "export",
          anyOf: [
            ["role:power", "team:ops"], ["administrator", "team:ops"], ["writer"],
            ["scope:api", "scope:rum"], ["role:power", "creator", "team:dev"],
          ])
      ])
    let action = policy.action(at: 0)
    func asked(_ subject: SubjectKind, _ holding: [String]) -> ([String], String) {
      var asked: [String] = []
      let decision = Evaluator.decide(
        action, policy: policy, organization: Span(), subject: subject, isInOrganization: true
      ) { relation in
        asked.append(policy.name(of: relation))
        return holding.contains(policy.name(of: relation))
      }
      return (asked, decision.sentence(action: action, policy: policy))
    }
    let all = "`report.export` is allowed for: "
    let users =
      "writer, role:power and team:ops, administrator and team:ops, creator and role:power and "
      + "team:dev"
    #expect(
      asked(.user, []) == (["writer", "role:power", "administrator"], all + users))
    #expect(
      asked(.user, ["administrator", "team:ops"])
        == (
          ["writer", "role:power", "administrator", "team:ops"], all + "administrator and team:ops"
        ))
    #expect(
      asked(.user, ["role:power", "creator"])
        == (
          ["writer", "role:power", "team:ops", "creator", "team:dev"], all + users
        ))
    #expect(
      asked(.orgToken, ["scope:api"]) == (
        ["scope:api", "scope:rum"], all + "scope:api and scope:rum"
      ))
    #expect(asked(.peer, ["operator"]) == (["operator"], all + "operator"))
  }

  /// Random policies, subjects and facts, against a decision made of plain sets.
  @Test(arguments: [21, 22, 23, 24, 25] as [UInt64])
  func agreesWithTheModel(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    for _ in 0..<40 {
      let model = Model(using: &random)
      let policy = try model.policy()
      for rule in model.rules {
        let found = find(rule.name, in: policy)
        let action = try #require(found)
        for _ in 0..<10 {
          let subject = SubjectKind.allCases.randomElement(using: &random) ?? .user
          let organization = Model.organizations.randomElement(using: &random) ?? ""
          let holding = Set(Model.names.filter { _ in random.next() % 3 != 0 })
          let isInOrganization = random.next() % 4 != 0
          var asked: [String] = []
          let decision = Evaluator.decide(
            action, policy: policy, organization: organization.utf8Span.span, subject: subject,
            isInOrganization: isInOrganization
          ) { relation in
            asked.append(policy.name(of: relation))
            return holding.contains(policy.name(of: relation))
          }
          let expected = model.decide(
            rule, organization, subject, isInOrganization: isInOrganization, holding: holding)
          let found = Model.Outcome(decision, policy)
          #expect(found.agrees(with: expected), "\(found) \(expected)")
          #expect(Set(asked).count == asked.count, "asked twice: \(asked)")
          #expect(asked.isEmpty || isInOrganization)
        }
      }
    }
  }

  private func find(_ name: String, in policy: Policy) -> Action? {
    policy.action(named: Array(name.utf8).span)
  }
}
