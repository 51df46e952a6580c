internal import JSON5

/// Reads cases, and continues after one that is wrong.
struct PolicyCasesReader {
  private let policy: Policy
  private let relations: Set<String>
  private(set) var cases: [PolicyCase] = []
  private(set) var problems: [JSON5Error] = []

  private static let keys = [
    "action", "subject", "holds", "organization", "in_organization", "allowed",
  ]

  init(_ policy: Policy) {
    self.policy = policy
    relations = Set(
      Relation.fixed.map(\.baseName) + policy.roles.map { Relation.roleName($0) })
  }

  mutating func read(_ text: String) throws(JSON5Error) {
    let root = try JSON5Reader.read(text, limits: JSON5Limits(depth: 6, values: 1_000_000))
    let members = try members(of: root, "a file of cases", ["cases"])
    guard let value = members["cases"], case .list(let elements) = value.content else {
      throw JSON5Error(root.place, "expected `{ cases: [...] }`")
    }
    for element in elements where problems.count < 100 {
      do throws(JSON5Error) { try readCase(element) } catch { problems.append(error) }
    }
  }

  private mutating func readCase(_ value: JSON5Value) throws(JSON5Error) {
    let members = try members(of: value, "a case", Self.keys)
    guard let actions = members["action"], let allowed = members["allowed"] else {
      throw JSON5Error(value.place, "a case needs `action` and `allowed`")
    }
    let subject = try subject(members["subject"])
    let holds = try strings(members["holds"]).map { (name, place) throws(JSON5Error) in
      try relation(name, of: subject, at: place)
    }
    let organization = try strings(members["organization"]).first?.text ?? ""
    let isInOrganization = try boolean(members["in_organization"]) ?? true
    let expectsAllowed = try boolean(allowed) ?? false
    for (name, place) in try strings(actions) {
      guard let action = policy.action(named: name.utf8Span.span) else {
        throw JSON5Error(place, "the policy has no action `\(name)`")
      }
      cases.append(
        PolicyCase(
          place: place, actionName: name, action: action, subject: subject, holds: holds,
          organization: organization, isInOrganization: isInOrganization,
          expectsAllowed: expectsAllowed))
    }
  }

  private func subject(_ value: JSON5Value?) throws(JSON5Error) -> SubjectKind {
    guard let value else { return .user }
    guard let name = try strings(value).first?.text,
      let subject = SubjectKind.allCases.first(where: { $0.name == name })
    else {
      let names = SubjectKind.allCases.map { "`\($0.name)`" }.joined(separator: ", ")
      throw JSON5Error(value.place, "a subject is one of \(names)")
    }
    return subject
  }

  private func relation(
    _ name: String, of subject: SubjectKind, at place: JSON5Place
  ) throws(JSON5Error) -> String {
    let plain =
      switch name {
      case Relation.roleName(Relation.administrator.baseName): Relation.administrator.baseName
      default: name
      }
    let isTeam = plain.hasPrefix("team:") && ParsedRule.isIdentifier(String(plain.dropFirst(5)))
    guard isTeam || relations.contains(plain) else {
      throw JSON5Error(place, "unknown relation `\(name)`")
    }
    return plain
  }

  /// The strings in a value: a string, or a list of strings.
  private func strings(
    _ value: JSON5Value?
  ) throws(JSON5Error) -> [(text: String, place: JSON5Place)] {
    guard let value else { return [] }
    switch value.content {
    case .string(let text): return [(text, value.place)]
    case .list(let elements):
      var found: [(text: String, place: JSON5Place)] = []
      for element in elements { found += try strings(element) }
      return found
    default: throw JSON5Error(value.place, "expected a string or a list, not \(value.kind)")
    }
  }

  private func boolean(_ value: JSON5Value?) throws(JSON5Error) -> Bool? {
    guard let value else { return nil }
    guard case .boolean(let flag) = value.content else {
      throw JSON5Error(value.place, "expected true or false, not \(value.kind)")
    }
    return flag
  }

  private func members(
    of value: JSON5Value, _ what: String, _ keys: [String]
  ) throws(JSON5Error) -> [String: JSON5Value] {
    guard case .object(let members) = value.content else {
      throw JSON5Error(value.place, "\(what) must be an object, not \(value.kind)")
    }
    if let unknown = members.first(where: { !keys.contains($0.key) }) {
      let known = keys.map { "`\($0)`" }.joined(separator: ", ")
      throw JSON5Error(
        unknown.place, "unknown key `\(unknown.key)` in \(what): it may have \(known)")
    }
    return Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value) })
  }
}
