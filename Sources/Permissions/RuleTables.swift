/// Builds the arrays of a policy's rules.
struct RuleTables {
  let roles: Set<String>
  private(set) var rules: [Rule] = []
  private(set) var sets: [Relations] = []
  private(set) var named: [Relation] = []
  private(set) var names: [String] = []
  private var indices: [String: UInt16] = [:]

  init(roles: Set<String>) { self.roles = roles }

  /// Adds the rule of an action on a type, and returns its index.
  mutating func add(
    _ action: ActionRule, _ type: ResourceTypeRule
  ) throws(PolicyError) -> UInt32 {
    let parsed: ParsedRule
    do { parsed = try ParsedRule(action.anyOf, on: type, roles: roles) } catch {
      throw .badRule(action: action.name, error)
    }
    var rule = Rule(setsStart: UInt32(sets.count), namedStart: UInt32(named.count))
    for alternative in parsed.alternatives {
      if alternative.rawValue.nonzeroBitCount == 1 {
        rule.singles.formUnion(alternative)
      } else {
        sets.append(alternative)
        rule.setCount += 1
      }
    }
    if !parsed.isForOrgTokensOnly { rule.singles.insert(.operatorPeer) }
    for name in parsed.named {
      switch name {
      case .role(let name): named.append(.role(try index(of: name)))
      case .team(let name): named.append(.teamMember(try index(of: name)))
      }
    }
    rules.append(rule)
    return UInt32(rules.count - 1)
  }

  /// Adds the rules of organizations. Returns a row for each: the rule of each action.
  mutating func add(
    _ organizations: [OrganizationRules], _ actionNames: [String],
    type: (String) -> ResourceTypeRule
  ) throws(PolicyError) -> [UInt32] {
    var rows: [UInt32] = []
    var seen: Set<String> = []
    let positions = Dictionary(
      uniqueKeysWithValues: actionNames.enumerated().map { ($0.element, $0.offset) })
    for organization in organizations {
      guard seen.insert(organization.organizationID).inserted else {
        throw .duplicateOrganization(organization.organizationID)
      }
      var row = actionNames.indices.map { UInt32($0) }
      for action in organization.actions {
        guard let position = positions[action.name] else { throw .unknownAction(action.name) }
        guard row[position] == position else { throw .duplicateAction(action.name) }
        row[position] = try add(action, type(action.resourceType))
      }
      rows += row
    }
    return rows
  }

  private mutating func index(of name: String) throws(PolicyError) -> PolicyName {
    if let index = indices[name] { return PolicyName(index: index) }
    guard names.count < Int(UInt16.max) else { throw .tooMany(maximum: Int(UInt16.max)) }
    let index = UInt16(names.count)
    indices[name] = index
    names.append(name)
    return PolicyName(index: index)
  }
}

/// A compiled rule: the sets of relations that allow an action.
struct Rule: Sendable, Hashable {
  /// The relations that each allow alone.
  var singles: Relations = []
  /// The index of the rule's first set in `Policy.sets`; the relations of a set allow together.
  var setsStart: UInt32 = 0
  var setCount: UInt32 = 0
  /// The index in `Policy.named` of the relation for the first of the rule's own bits.
  var namedStart: UInt32 = 0

  /// The indices of the rule's sets in `Policy.sets`.
  var sets: Range<Int> { Int(setsStart)..<Int(setsStart) + Int(setCount) }
}

/// What would allow an action for a kind of subject: the sets of one rule that such a subject can
/// hold. `Policy.names(of:)` of the deciding policy gives their names.
package struct Requirement: Sendable, Hashable {
  let rule: UInt32
  /// Nil for any kind of subject.
  let subject: SubjectKind?
}

/// The rules of one organization that replace the policy's.
package struct OrganizationRules: Sendable, Hashable {
  package let organizationID: String
  /// Rules for actions that the policy declares.
  package let actions: [ActionRule]

  package init(_ organizationID: String, _ actions: [ActionRule]) {
    self.organizationID = organizationID
    self.actions = actions
  }
}
