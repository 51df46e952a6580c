internal import Permissions
internal import Testing

@Suite struct EvaluatorTests {
  private let policy = Policy.builtIn

  private func find(_ name: String) -> Action? { policy.action(named: Array(name.utf8).span) }

  private func subsets() -> [Set<Relation>] {
    (0..<1 << Relation.allCases.count).map { bits in
      Set(Relation.allCases.filter { bits >> Int($0.rawValue) & 1 == 1 })
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
        if case .allowed(let relation) = decision { #expect(allowing.contains(relation)) }
      }
    }
  }

  @Test(arguments: ExpectedRule.all)
  func neverInAnotherOrganization(rule: ExpectedRule) throws {
    let action = try #require(find(rule.action))
    for subject in SubjectKind.allCases {
      let facts = ModelFacts(Set(Relation.allCases), isInOrganization: false)
      let decision = Evaluator.decide(action, policy: policy, subject: subject, facts: facts)
      let reason: DenialReason =
        rule.allowing(subject).isEmpty ? .neverAllowed : .otherOrganization
      #expect(decision == .denied(reason))
      #expect(facts.asked.isEmpty)
    }
  }

  @Test func asksTheCheapFirstAndNothingTwice() throws {
    let action = try #require(find("dashboard.remove_writer"))
    let none = ModelFacts([])
    let denied = Evaluator.decide(action, policy: policy, subject: .user, facts: none)
    #expect(none.asked == [.oneself, .administrator, .writer])
    #expect(denied == .denied(.noRelation(required: [.oneself, .administrator, .writer])))
    let administrator = ModelFacts([.administrator, .writer])
    let allowed = Evaluator.decide(action, policy: policy, subject: .user, facts: administrator)
    #expect(allowed == .allowed(by: .administrator))
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
        == "`team.remove_member` is allowed for: oneself, administrator")
    #expect(
      try sentence("team.remove_member", .user, ModelFacts([.oneself]))
        == "`team.remove_member` is allowed for: oneself")
    #expect(
      try sentence("datapoint.ingest", .user, ModelFacts([]))
        == "`datapoint.ingest` is never allowed for this kind of subject, only for: scope:ingest")
    #expect(
      try sentence("team.create", .user, ModelFacts([], isInOrganization: false))
        == "`team.create` is not allowed in another organization")
  }

  /// Random policies, subjects and facts, against a decision made of plain sets.
  @Test(arguments: [21, 22, 23] as [UInt64])
  func agreesWithTheModel(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    for _ in 0..<40 {
      let rules = (0..<30).map { index in
        ActionRule(
          "type\(random.next() % 5)", "verb\(index)",
          Relations(rawValue: UInt16.random(in: 1..<1 << 7, using: &random)))
      }
      let policy = try Policy(
        resourceTypes: (0..<5).map { ResourceTypeRule("type\($0)", .writable) }, actions: rules)
      for rule in rules {
        let name = "\(rule.resourceType).\(rule.verb)"
        let found = policy.action(named: Array(name.utf8).span)
        let action = try #require(found)
        for _ in 0..<10 {
          let subject = SubjectKind.allCases.randomElement(using: &random) ?? .user
          let relations = Set(Relation.allCases.filter { _ in random.next() % 3 == 0 })
          let facts = ModelFacts(relations, isInOrganization: random.next() % 4 != 0)
          let decision = Evaluator.decide(action, policy: policy, subject: subject, facts: facts)
          #expect(decision == Model.decide(rule, subject, facts))
        }
      }
    }
  }
}
