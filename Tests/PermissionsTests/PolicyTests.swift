internal import Permissions
internal import Testing

@Suite struct PolicyTests {
  private let policy = Policy.builtIn

  // `#expect` takes no spans, so it goes by these.
  private func action(_ name: String) -> Action? { policy.action(named: Array(name.utf8).span) }

  private func isResourceType(_ name: String) -> Bool {
    policy.isResourceType(Array(name.utf8).span)
  }

  private func isWritableItem(_ name: String) -> Bool {
    policy.isWritableItem(Array(name.utf8).span)
  }

  @Test func everyActionIsFoundByItsName() {
    for position in 0..<policy.actionCount {
      let action = policy.action(at: position)
      #expect(self.action(policy.name(of: action)) == action)
      #expect(policy.name(of: action).hasPrefix(policy.resourceTypeName(of: action) + "."))
    }
  }

  @Test func otherNamesAreFoundNowhere() {
    let longest = String(repeating: "x", count: 4096)
    for name in ["", ".", "integration", "integration.", "Integration.create", longest] {
      #expect(action(name) == nil)
    }
    for rule in ExpectedRule.all {
      // Upper case, one more, one less, one exchanged.
      let action = rule.action
      for name in [
        action.uppercased(), action + "x", action.dropLast(2) + "", "x" + action.dropFirst(),
      ] {
        #expect(self.action(name) == nil)
      }
    }
  }

  @Test func theActionsOfATypeLieTogether() {
    var positions: [Int] = []
    for position in 0..<policy.resourceTypeCount {
      let type = policy.resourceType(at: position)
      for position in policy.actionPositions(of: type) {
        #expect(policy.resourceType(of: policy.action(at: position)) == type)
        positions.append(position)
      }
    }
    #expect(positions == Array(0..<policy.actionCount))
  }

  @Test func resourceTypes() {
    let writable = ["dashboard", "dashboard_group", "detector"]
    let plain = ["integration", "metric_category"]
    let intrinsic = [
      "org_token", "organization", "organization_user", "team", "user_token", "datapoint",
      "audit", "usage", "directory",
    ]
    #expect(policy.resourceTypeCount == writable.count + plain.count + intrinsic.count)
    for name in writable { #expect(isResourceType(name) && isWritableItem(name)) }
    for name in plain { #expect(isResourceType(name) && !isWritableItem(name)) }
    for name in intrinsic + ["", "dashboards"] {
      #expect(!isResourceType(name) && !isWritableItem(name))
    }
  }

  @Test func operatorsAreAddedExceptWhereDataIsSent() throws {
    for position in 0..<policy.actionCount {
      let action = policy.action(at: position)
      let isIngest = policy.name(of: action) == "datapoint.ingest"
      #expect(policy.alternatives(of: action).contains([.operatorPeer]) == !isIngest)
    }
  }

  @Test func wrongPoliciesAreRefused() {
    let types = [ResourceTypeRule("thing", .plain), ResourceTypeRule("item", .writable)]
    func error(_ types: [ResourceTypeRule], _ actions: [ActionRule]) -> PolicyError? {
      do throws(PolicyError) {
        _ = try Policy(resourceTypes: types, actions: actions)
        return nil
      } catch {
        return error
      }
    }
    let create = ActionRule("thing", "create", anyOf: [["member"]])
    #expect(error(types, [create]) == nil)
    #expect(error([], []) == nil)
    #expect(error(types, [create, create]) == .duplicateAction("thing.create"))
    #expect(error(types + types, []) == .duplicateResourceType("thing"))
    #expect(error([], [create]) == .unknownResourceType("thing"))
    for name in ["", "A", "1a", "a.b", "a-b", "é", String(repeating: "a", count: 65)] {
      #expect(error([ResourceTypeRule(name, .plain)], []) == .badName(name))
      #expect(error(types, [ActionRule("thing", name, anyOf: [["member"]])]) == .badName(name))
    }
    let many = (0...Policy.maximumCount).map {
      ActionRule("thing", "verb\($0)", anyOf: [["member"]])
    }
    #expect(error(types, many) == .tooMany(maximum: Policy.maximumCount))
    #expect(error(types, Array(many.dropLast())) == nil)
  }

  @Test func wrongRulesAreRefused() {
    let types = [
      ResourceTypeRule("thing", .plain), ResourceTypeRule("item", .writable),
      ResourceTypeRule("none", .intrinsic),
    ]
    func problem(_ type: String, _ anyOf: [[String]]) -> RuleProblem.Kind? {
      do throws(PolicyError) {
        _ = try Policy(
          resourceTypes: types, actions: [ActionRule(type, "a", anyOf: anyOf)], roles: ["own"])
        return nil
      } catch {
        guard case .badRule(_, let problem) = error else { return nil }
        return problem.kind
      }
    }
    #expect(problem("thing", [["creator", "role:own"], ["role:administrator"]]) == nil)
    #expect(problem("thing", []) == .empty)
    #expect(problem("thing", [[]]) == .empty)
    #expect(problem("thing", [["root"]]) == .unknownRelation("root"))
    #expect(problem("thing", [["role:other"]]) == .unknownRole("other"))
    #expect(problem("thing", [["team:"]]) == .badTeam(""))
    #expect(problem("thing", [["team:a/b"]]) == .badTeam("a/b"))
    #expect(problem("thing", [["self", "self"]]) == .twice("self"))
    #expect(problem("thing", [["writer"]]) == .noWriters("thing"))
    #expect(problem("item", [["writer", "creator"]]) == nil)
    #expect(problem("none", [["creator"]]) == .noCreator("none"))
    for set in [["scope:api", "member"], ["operator", "writer"], ["operator", "issuer"]] {
      #expect(problem("item", [["self"], set]) == .contradiction(set))
    }
    let teams = (0..<55).map { ["team:t\($0)"] }
    #expect(problem("thing", teams) == .tooManyNames)
    #expect(problem("thing", teams.dropLast()) == nil)
    #expect(problem("thing", teams.dropLast() + [["team:t0", "self"]]) == nil)
  }

  /// A rule may be long; what is said of it isn't.
  @Test func namesOfALongRuleAreCut() throws {
    let roles = (0..<50).map { "r\($0)" + String(repeating: "x", count: 60) }
    let policy = try Policy(
      resourceTypes: [ResourceTypeRule("thing", .plain)],
      actions: [ActionRule("thing", "a", anyOf: roles.map { ["role:" + $0] })], roles: roles)
    guard let action = policy.action(named: "thing.a".utf8Span.span) else {
      Issue.record("the action is missing")
      return
    }
    let none = Span<UInt8>()
    let decision = Evaluator.decide(
      action, policy: policy, organization: none, subject: .user, isInOrganization: true
    ) { _ in false }
    let sentence = decision.sentence(action: action, policy: policy)
    #expect(sentence.utf8.count < 1200)
    #expect(sentence.hasPrefix("`thing.a` is allowed for: role:r0x"))
    #expect(sentence.hasSuffix(" more"))
    let shown = sentence.split(separator: ", ").count
    #expect(sentence.hasSuffix(" and \(50 - shown) more"))
  }

  @Test func rolesAndOrganizations() throws {
    let rule = ActionRule("thing", "a", anyOf: [["member"]])
    let types = [ResourceTypeRule("thing", .plain)]
    func error(_ roles: [String], _ organizations: [OrganizationRules]) -> PolicyError? {
      do throws(PolicyError) {
        _ = try Policy(
          resourceTypes: types, actions: [rule], roles: roles, organizations: organizations)
        return nil
      } catch {
        return error
      }
    }
    #expect(error(["own"], [OrganizationRules("acme", [rule])]) == nil)
    #expect(error(["own", "own"], []) == .duplicateRole("own"))
    #expect(error(["power"], []) == .duplicateRole("power"))
    #expect(error(["administrator"], []) == .duplicateRole("administrator"))
    #expect(error(["Own"], []) == .badName("Own"))
    #expect(error([], [OrganizationRules("acme", [rule, rule])]) == .duplicateAction("thing.a"))
    let acme = OrganizationRules("acme", [])
    #expect(error([], [acme, acme]) == .duplicateOrganization("acme"))
    let other = ActionRule("thing", "b", anyOf: [["member"]])
    #expect(error([], [OrganizationRules("acme", [other])]) == .unknownAction("thing.b"))
    let many = (0...Policy.maximumOrganizationCount).map { OrganizationRules("o\($0)", []) }
    #expect(error([], many) == .tooManyOrganizations(maximum: Policy.maximumOrganizationCount))
    #expect(error([], many.dropLast()) == nil)
    let isPower = policy.isRole("power".utf8Span.span)
    let isAdministrator = policy.isRole("administrator".utf8Span.span)
    #expect(isPower && !isAdministrator)
  }
}
