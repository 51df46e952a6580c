internal import JSON5

/// A rule as written in a file.
struct RuleSource {
  /// Where the rule begins.
  let place: JSON5Place
  private(set) var anyOf: [[String]] = []
  private var alternativePlaces: [JSON5Place] = []
  private var relationPlaces: [[JSON5Place]] = []

  /// Reads `{ any: [RELATION or { all: [RELATION, ...] }, ...] }` or `{ all: [RELATION, ...] }`.
  init(_ value: JSON5Value) throws(JSON5Error) {
    place = value.place
    let member = try Self.onlyMember(of: value, keys: ["any", "all"])
    guard member.key == "any" else {
      try add(alternative: member.value, at: place)
      return
    }
    guard case .list(let alternatives) = member.value.content else {
      throw JSON5Error(member.value.place, "`any` must be a list")
    }
    for alternative in alternatives {
      switch alternative.content {
      case .string(let name):
        anyOf.append([name])
        alternativePlaces.append(alternative.place)
        relationPlaces.append([alternative.place])
      default:
        let member = try Self.onlyMember(of: alternative, keys: ["all"])
        try add(alternative: member.value, at: alternative.place)
      }
    }
  }

  /// The place of a problem.
  func place(of problem: RuleProblem) -> JSON5Place {
    guard let alternative = problem.alternative else { return place }
    guard let relation = problem.relation else { return alternativePlaces[alternative] }
    return relationPlaces[alternative][relation]
  }

  /// Every relation with its place.
  var relations: [(name: String, place: JSON5Place)] {
    zip(anyOf, relationPlaces).flatMap { names, places in
      zip(names, places).map { (name: $0, place: $1) }
    }
  }

  private mutating func add(
    alternative value: JSON5Value, at place: JSON5Place
  ) throws(JSON5Error) {
    guard case .list(let relations) = value.content else {
      throw JSON5Error(value.place, "`all` must be a list of relations")
    }
    var names: [String] = []
    for relation in relations {
      guard case .string(let name) = relation.content else {
        throw JSON5Error(relation.place, "expected the name of a relation, not \(relation.kind)")
      }
      names.append(name)
    }
    anyOf.append(names)
    alternativePlaces.append(place)
    relationPlaces.append(relations.map(\.place))
  }

  private static func onlyMember(
    of value: JSON5Value, keys: [String]
  ) throws(JSON5Error) -> JSON5Member {
    let expected = keys.map { "`{ \($0): [...] }`" }.joined(separator: " or ")
    guard case .object(let members) = value.content else {
      throw JSON5Error(value.place, "expected a relation or \(expected), not \(value.kind)")
    }
    if let unknown = members.first(where: { !keys.contains($0.key) }) {
      throw JSON5Error(unknown.place, "unknown key `\(unknown.key)`: expected \(expected)")
    }
    guard let member = members.first, members.count == 1 else {
      throw JSON5Error(value.place, "expected \(expected)")
    }
    return member
  }
}
