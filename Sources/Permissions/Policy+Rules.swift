extension Policy {
  /// The rule of an action in an organization: the organization's own, if it has one.
  func ruleIndex(of action: Action, in organization: Span<UInt8>) -> UInt32 {
    guard !ownRules.isEmpty, let row = organizationTable.index(of: organization) else {
      return UInt32(action.index)
    }
    return ownRules[row * actionCount + Int(action.index)]
  }

  /// The relation at a bit of a rule.
  func relation(at bit: Int, of rule: Rule) -> Relation {
    Relation.fixed(at: bit)
      ?? named[Int(rule.namedStart) + bit - Relations.namedBits.lowerBound]
  }

  /// Whether one of the rule's sets lies within `relations`.
  func hasSet(of rule: Rule, within relations: Relations) -> Bool {
    rule.setCount > 0 && rule.sets.contains { sets[$0].isSubset(of: relations) }
  }

  /// The sets of relations that each allow the action in an organization. Single relations come
  /// first, the cheapest to evaluate first; that is the order of evaluation.
  package func alternatives(
    of action: Action, in organization: Span<UInt8> = Span()
  ) -> [[Relation]] {
    let index = ruleIndex(of: action, in: organization)
    return alternatives(of: rules[Int(index)]).map { relations(in: $0, of: rules[Int(index)]) }
  }

  /// Whether the organization has its own rule for the action.
  package func hasOwnRule(for action: Action, in organization: Span<UInt8>) -> Bool {
    ruleIndex(of: action, in: organization) != UInt32(action.index)
  }

  /// Whether the decision depends on the resource. If the resource is an organization, it is also
  /// the organization acted in.
  package func looksAtResource(_ action: Action) -> Bool {
    resourceTypeName(of: action) == "organization" || asks(for: [.creator, .writer], action)
  }

  /// Whether the decision depends on the target user.
  package func looksAtTargetUser(_ action: Action) -> Bool { asks(for: .oneself, action) }

  /// Whether any rule of the action, the policy's or an organization's, names one of the relations.
  private func asks(for relations: Relations, _ action: Action) -> Bool {
    func asks(_ index: UInt32) -> Bool {
      alternatives(of: rules[Int(index)]).contains { !$0.isDisjoint(with: relations) }
    }
    return asks(UInt32(action.index))
      || stride(from: Int(action.index), to: ownRules.count, by: actionCount)
        .contains { asks(ownRules[$0]) }
  }

  /// The relations that allowed, such as `writer`, or `role:power and team:ops`.
  package func name(of grounds: Grounds) -> String {
    name(of: grounds.relations, rules[Int(grounds.rule)])
  }

  /// The relations that would allow, such as `administrator, writer`.
  package func names(of requirement: Requirement) -> String {
    let rule = rules[Int(requirement.rule)]
    return names(of: rule, among: requirement.subject?.possible ?? Relations(rawValue: .max))
  }

  /// As above, without the relations of processes.
  func namesBesidePeers(of requirement: Requirement) -> String {
    names(of: rules[Int(requirement.rule)], among: Relations.users.union(.orgTokens))
  }

  /// The name of a relation in messages and in policy files.
  package func name(of relation: Relation) -> String {
    switch relation {
    case .role(let name), .teamMember(let name):
      relation.baseName + String(decoding: names[Int(name.index)], as: UTF8.self)
    default: relation.baseName
    }
  }

  /// The bytes of a role's name or a team's id.
  package func bytes(of name: PolicyName) -> [UInt8] { names[Int(name.index)] }

  /// Whether users can have a role with this name; false for administrator.
  package func isRole(_ name: Span<UInt8>) -> Bool { roleTable.index(of: name) != nil }

  private func alternatives(of rule: Rule) -> [Relations] {
    rule.singles.bits.map { Relations(bit: $0) } + sets[rule.sets]
  }

  private func names(of rule: Rule, among relations: Relations) -> String {
    Self.list(
      alternatives(of: rule).filter { $0.isSubset(of: relations) }.map { name(of: $0, rule) },
      separator: ", ", maximumBytes: 1024)
  }

  private func name(of set: Relations, _ rule: Rule) -> String {
    Self.list(relations(in: set, of: rule).map(name(of:)), separator: " and ", maximumBytes: 512)
  }

  /// Joins names into one text and cuts it at `maximumBytes`: a rule may be long, and an answer to
  /// a thousand questions has a thousand of these texts.
  private static func list(_ names: [String], separator: String, maximumBytes: Int) -> String {
    var text = ""
    for (index, name) in names.enumerated() {
      if index > 0, text.utf8.count + name.utf8.count > maximumBytes {
        return text + " and \(names.count - index) more"
      }
      text += index == 0 ? name : separator + name
    }
    return text
  }

  private func relations(in set: Relations, of rule: Rule) -> [Relation] {
    set.bits.map { relation(at: $0, of: rule) }
  }
}
