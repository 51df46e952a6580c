internal import Messages

/// The selection of events that `audit` and `watch` have in common.
struct EventSelection {
  private let organization: String?
  private let user: String?
  private let token: String?
  private let resourceType: String?
  private let resourceID: String?
  private let kinds: [PosternV1.EventKind]

  init(_ invocation: Invocation) throws(Failure) {
    organization = invocation.optional(.organization)
    user = invocation.optional(.user)
    token = invocation.optional(.token)
    kinds = try EventKindText.kinds(invocation.all(.kind))
    guard user == nil || organization != nil else {
      throw .misuse("`--user` needs `--org`: the id of a user says nothing without it")
    }
    let parts = invocation.optional(.resource)?.split(separator: "/", maxSplits: 1)
    resourceType = parts?.first.map(String.init)
    resourceID = parts.flatMap { $0.count > 1 ? String($0[1]) : nil }
  }

  func write(into request: PosternV1.ListEventsRequest.Builder) {
    if let organization { request.setOrganizationID(organization) }
    if let user { request.setUserID(user) }
    if let token { request.setTokenID(token) }
    if let resourceType { request.setResourceType(resourceType) }
    if let resourceID { request.setResourceID(resourceID) }
    for kind in kinds { request.addKinds(kind) }
  }

  func write(into request: PosternV1.WatchRequest.Builder) {
    if let organization { request.setOrganizationID(organization) }
    for kind in kinds { request.addKinds(kind) }
  }
}

/// Kinds of events as words, such as `token_issued`.
package enum EventKindText {
  private static let prefix = "EVENT_KIND_"

  /// All of them, by number.
  private static let kinds = (1...maximumNumber).map { PosternV1.EventKind(rawValue: $0) }
    .filter { $0.name != nil }
  /// No kind has a higher number; a test checks this.
  package static let maximumNumber: Int32 = 99

  package static let names = kinds.map(text)

  static func text(_ kind: PosternV1.EventKind) -> String {
    kind.name.map { $0.dropFirst(prefix.count).lowercased() } ?? String(kind.rawValue)
  }

  /// The kinds that the values of `--kind` name. A value is one kind, or the first word of several.
  static func kinds(_ values: [String]) throws(Failure) -> [PosternV1.EventKind] {
    var found: [PosternV1.EventKind] = []
    for value in values.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      let word = value.lowercased().replacing("-", with: "_")
      let matching = kinds.filter { kind in
        let name = text(kind)
        return name == word || name.hasPrefix(word + "_") || name.hasPrefix(word + "s_")
      }
      guard !matching.isEmpty else {
        let question = Nearest.question(word, among: names)
        throw .misuse(
          "`\(value)` is no kind of change"
            + (question.isEmpty ? ": there are \(names.joined(separator: ", "))" : question))
      }
      found += matching.filter { !found.contains($0) }
    }
    return found
  }
}
