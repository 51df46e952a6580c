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
      #expect(policy.requires(action).contains(.operatorPeer) == !isIngest)
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
    let create = ActionRule("thing", "create", .member)
    #expect(error(types, [create]) == nil)
    #expect(error([], []) == nil)
    #expect(error(types, [create, create]) == .duplicateAction("thing.create"))
    #expect(error(types + types, []) == .duplicateResourceType("thing"))
    #expect(error([], [create]) == .unknownResourceType("thing"))
    #expect(error(types, [ActionRule("thing", "a", [])]) == .badRelations(action: "thing.a"))
    #expect(
      error(types, [ActionRule("thing", "a", Relations(rawValue: 0x8001))])
        == .badRelations(action: "thing.a"))
    #expect(error(types, [ActionRule("thing", "a", .writer)]) == .noWriters(action: "thing.a"))
    #expect(error(types, [ActionRule("item", "a", .writer)]) == nil)
    for name in ["", "A", "1a", "a.b", "a-b", "é", String(repeating: "a", count: 65)] {
      #expect(error([ResourceTypeRule(name, .plain)], []) == .badName(name))
      #expect(error(types, [ActionRule("thing", name, .member)]) == .badName(name))
    }
    let many = (0...Policy.maximumCount).map { ActionRule("thing", "verb\($0)", .member) }
    #expect(error(types, many) == .tooMany(maximum: Policy.maximumCount))
    #expect(error(types, Array(many.dropLast())) == nil)
  }

  @Test func namesOfRelationsRoundTrip() {
    for relation in Relation.allCases { #expect(Relation(name: relation.name) == relation) }
    #expect(Relation(name: "root") == nil)
    let all = Relations(rawValue: 0x7f)
    #expect(
      all.names == "operator, issuer, scope:ingest, oneself, member, administrator, writer")
  }
}
