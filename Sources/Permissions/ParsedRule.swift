/// A rule that was checked: its relations exist and can be held together.
struct ParsedRule {
  /// A relation to a role or a team that a rule names.
  enum Named: Hashable {
    case role(String)
    case team(String)
  }

  /// The most alternatives of a rule, and the most relations of an alternative. This bounds the
  /// cost of a decision.
  static let maximumParts = 64

  /// The sets that each allow, in the order of the rule.
  private(set) var alternatives: [Relations] = []
  /// The roles and teams of the rule's own bits, in the order of the bits.
  private(set) var named: [Named] = []

  /// Parses a rule given by names. Throws the problem of the first alternative that is wrong.
  init(
    _ anyOf: [[String]], on type: ResourceTypeRule, roles: Set<String>
  ) throws(RuleProblem) {
    guard !anyOf.isEmpty else { throw RuleProblem(.empty) }
    guard anyOf.count <= Self.maximumParts else { throw RuleProblem(.tooMany(Self.maximumParts)) }
    var terms: [[Term]] = []
    for (index, names) in anyOf.enumerated() {
      guard names.count <= Self.maximumParts else {
        throw RuleProblem(.tooMany(Self.maximumParts), alternative: index)
      }
      var set: [Term] = []
      for (position, name) in names.enumerated() {
        do throws(RuleProblem.Kind) {
          let term = try Self.term(name, on: type, roles: roles)
          guard !set.contains(term) else { throw .twice(name) }
          set.append(term)
        } catch {
          throw RuleProblem(error, alternative: index, relation: position)
        }
      }
      terms.append(set)
    }
    // Roles are cheaper to evaluate than teams.
    for case .named(.role(let name)) in terms.joined() { add(.role(name)) }
    for case .named(.team(let name)) in terms.joined() { add(.team(name)) }
    guard named.count <= Relations.namedBits.count else { throw RuleProblem(.tooManyNames) }
    for (index, set) in terms.enumerated() {
      let relations = set.reduce(into: Relations()) { $0.formUnion(bits(of: $1)) }
      guard !relations.isEmpty else { throw RuleProblem(.empty, alternative: index) }
      guard relations.isPossible else {
        throw RuleProblem(.contradiction(anyOf[index]), alternative: index)
      }
      alternatives.append(relations)
    }
  }

  /// The problem if an alternative has no effect, because another one allows everything that it
  /// does.
  func unreachable(_ anyOf: [[String]]) -> RuleProblem? {
    for (index, set) in alternatives.enumerated() {
      for (other, wider) in alternatives.enumerated() where other != index {
        guard wider.isSubset(of: set.closure) else { continue }
        // Of two equivalent alternatives, the later one is reported.
        if set.isSubset(of: wider.closure), index < other { continue }
        return RuleProblem(.unreachable(anyOf[other]), alternative: index)
      }
    }
    return nil
  }

  /// Whether the rule can never allow a user or a process.
  var isForOrgTokensOnly: Bool { alternatives.allSatisfy { $0.isSubset(of: .orgTokens) } }

  private enum Term: Hashable {
    case fixed(Relations)
    case named(Named)
  }

  private mutating func add(_ name: Named) {
    if named.count <= Relations.namedBits.count, !named.contains(name) { named.append(name) }
  }

  private func bits(of term: Term) -> Relations {
    switch term {
    case .fixed(let relations): relations
    case .named(let name):
      named.firstIndex(of: name)
        .map { Relations(bit: Relations.namedBits.lowerBound + $0) } ?? []
    }
  }

  private static func term(
    _ name: String, on type: ResourceTypeRule, roles: Set<String>
  ) throws(RuleProblem.Kind) -> Term {
    if name.hasPrefix("role:") {
      let role = String(name.dropFirst(5))
      if role == Relation.administrator.baseName { return .fixed(.administrator) }
      guard roles.contains(role) else { throw .unknownRole(role) }
      return .named(.role(role))
    }
    if name.hasPrefix("team:") {
      let team = String(name.dropFirst(5))
      guard isIdentifier(team) else { throw .badTeam(team) }
      return .named(.team(team))
    }
    let bits = Array(0..<Relations.namedBits.lowerBound) + [Relations.writerBit]
    guard let bit = bits.first(where: { Relation.fixed(at: $0)?.baseName == name }) else {
      throw .unknownRelation(name)
    }
    let relation = Relations(bit: bit)
    if relation == .writer, type.storage != .writable { throw .noWriters(type.name) }
    if relation == .creator, type.storage == .intrinsic { throw .noCreator(type.name) }
    return .fixed(relation)
  }

  /// Whether `text` is a valid id of a team or an organization.
  static func isIdentifier(_ text: String) -> Bool {
    guard let first = text.utf8.first, (1...128).contains(text.utf8.count) else { return false }
    func isAlphanumeric(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    return isAlphanumeric(first)
      && text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
  }
}
